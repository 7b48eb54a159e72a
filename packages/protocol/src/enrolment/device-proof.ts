/**
 * Device keys: an Ed25519 key pair that is made on the device and stays there. A device proves with each request that it
 * holds the secret, by signing what is this session's alone.
 *
 * ```ts
 * const device = proveDevice(crypto, seed, channel.handshakeHash, "keyboard");
 * isDeviceProof(crypto, device, channel.handshakeHash, "keyboard"); // true, and in no other session
 * ```
 */
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import { concatBytes, toHex, utf8 } from "../bytes/encoding.ts";

/** What a check-in shows of a device. */
export interface DeviceProof {
  /** Ed25519, 32 bytes: names the device. */
  readonly publicKey: Uint8Array;
  /** Ed25519, 64 bytes, over `tributary/device/v1`, a zero byte, the channel's handshake hash and the population. */
  readonly signature: Uint8Array;
}

const CONTEXT = "tributary/device/v1\0";

/** @param seed - 32 bytes, the device's secret. */
export function proveDevice(
  crypto: CryptoProvider,
  seed: Uint8Array,
  handshakeHash: Uint8Array,
  population: string,
): DeviceProof {
  return {
    publicKey: crypto.ed25519PublicKey(seed),
    signature: crypto.ed25519Sign(seed, signedBytes(handshakeHash, population)),
  };
}

/**
 * Whether whoever sits at the other end of this channel holds the device's secret. The handshake hash is of both sides'
 * ephemeral keys: a proof overheard or taken from another session, or meant for another server, does not hold here.
 */
export function isDeviceProof(
  crypto: CryptoProvider,
  proof: DeviceProof,
  handshakeHash: Uint8Array,
  population: string,
): boolean {
  const { publicKey, signature } = proof;
  return crypto.ed25519Verify(publicKey, signedBytes(handshakeHash, population), signature);
}

/** Names a device: SHA-256 of its public key, 64 lowercase hexadecimal digits. */
export function deviceIdOf(crypto: CryptoProvider, publicKey: Uint8Array): string {
  return toHex(crypto.sha256(publicKey));
}

/** Context and hash have one length each, so that no two pairs give the same bytes. */
function signedBytes(handshakeHash: Uint8Array, population: string): Uint8Array {
  return concatBytes(utf8(CONTEXT), handshakeHash, utf8(population));
}
