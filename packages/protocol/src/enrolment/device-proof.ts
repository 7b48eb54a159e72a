/**
 * Device keys. A device makes an Ed25519 key pair, and its secret never leaves it. With each
 * check-in or request for the model it proves that it holds the secret, by signing something that
 * exists in this session only (docs/protocol.md, section 11).
 *
 * ```ts
 * const device = await proveDevice(crypto, seed, channel.handshakeHash, "keyboard");
 * isDeviceProof(crypto, device, channel.handshakeHash, "keyboard"); // true, and in no other session
 * ```
 */
import type { ClientCrypto, CryptoProvider, SymmetricCrypto } from "../crypto/crypto-provider.ts";
import { concatBytes, toHex, utf8 } from "../bytes/encoding.ts";

/** A device's public key, and the proof that the sender holds its secret. */
export interface DeviceProof {
  /** Ed25519 public key, 32 bytes. Its SHA-256 is the device's id. */
  readonly publicKey: Uint8Array;
  /**
   * Ed25519 signature, 64 bytes, over `tributary/device/v1`, a zero byte, the channel's handshake
   * hash and the population's name.
   */
  readonly signature: Uint8Array;
}

/** Keeps these signatures apart from any other use of the key. */
const CONTEXT = "tributary/device/v1\0";

/**
 * Makes a device's proof for one session and population.
 * @param seed - The device's secret, 32 bytes (RFC 8032 §5.1.5); not modified.
 * @param handshakeHash - `Channel.handshakeHash`, 32 bytes.
 * @throws TributaryError `BAD_PARAMETER` when the seed has another length.
 */
export async function proveDevice(
  crypto: ClientCrypto,
  seed: Uint8Array,
  handshakeHash: Uint8Array,
  population: string,
): Promise<DeviceProof> {
  return {
    publicKey: await crypto.ed25519PublicKey(seed),
    signature: await crypto.ed25519Sign(seed, deviceClaim(handshakeHash, population)),
  };
}

/**
 * Whether the client at the other end of this channel holds the device's secret. The handshake hash
 * depends on the ephemeral keys of both sides. So a proof that was overheard, taken from another
 * session or made for another server is not valid here.
 * @param handshakeHash - `Channel.handshakeHash`, 32 bytes.
 */
export function isDeviceProof(
  crypto: CryptoProvider,
  proof: DeviceProof,
  handshakeHash: Uint8Array,
  population: string,
): boolean {
  const { publicKey, signature } = proof;
  return crypto.ed25519Verify(publicKey, deviceClaim(handshakeHash, population), signature);
}

/** The id of a device: the SHA-256 of its public key, as 64 lowercase hexadecimal digits. */
export function deviceIdOf(crypto: SymmetricCrypto, publicKey: Uint8Array): string {
  return toHex(crypto.sha256(publicKey));
}

/**
 * The bytes that a device signs. The context and the hash always have the same lengths, so that no two
 * different pairs of hash and population give the same bytes.
 */
export function deviceClaim(handshakeHash: Uint8Array, population: string): Uint8Array {
  return concatBytes(utf8(CONTEXT), handshakeHash, utf8(population));
}
