import {
  TributaryError,
  asTributaryError,
  cryptographicRandom,
  deviceIdOf,
  proveDevice,
  type CryptoProvider,
  type DeviceProof,
} from "@tributary/protocol";
import { abortable, throwIfAborted } from "../runtime/abort.ts";
import type { KeyStore } from "./key-store.ts";

/** What an app's token function is told. */
export interface TokenRequest {
  readonly population: string;
  /** SHA-256 of the device's public key, hexadecimal: what the token's `sub` may name; undefined without a device key. */
  readonly deviceId: string | undefined;
  /** The server has just refused a token as expired: one that the app has kept is of no use. */
  readonly expired: boolean;
  /** Aborted when the client stops. */
  readonly signal: AbortSignal;
}

/** An enrolment token, or what gets one from the app's backend. The function is asked before every check-in and request for the model. */
export type TokenSource = string | ((request: TokenRequest) => string | Promise<string>);

/** A device's Ed25519 seed, 32 bytes, or where it is kept; a key store without one is given a new one. */
export type DeviceKeySource = Uint8Array | KeyStore;

export interface CredentialOptions {
  readonly population: string;
  readonly token?: TokenSource | undefined;
  readonly deviceKey?: DeviceKeySource | undefined;
}

/** What a check-in or a request for the model shows. */
export interface ShownCredentials {
  readonly token?: string;
  readonly device?: DeviceProof;
}

/** What a client has to show of its right to take part. */
export class Credentials {
  readonly #options: CredentialOptions;
  readonly #crypto: CryptoProvider;
  #seed: Promise<Uint8Array> | undefined;

  constructor(crypto: CryptoProvider, options: CredentialOptions) {
    this.#crypto = crypto;
    this.#options = options;
  }

  /** Whether asking for the token again can give another one. */
  get renewable(): boolean {
    return typeof this.#options.token === "function";
  }

  /**
   * @param handshakeHash - Of the session that asks.
   * @param expired - The token that was shown last has expired.
   * @throws TributaryError `ENROLMENT_REQUIRED` when the app's own function or key store fails; `ABORTED`.
   */
  async show(
    handshakeHash: Uint8Array | undefined,
    expired: boolean,
    signal: AbortSignal,
  ): Promise<ShownCredentials> {
    const { population } = this.#options;
    try {
      const seed = await abortable(this.#deviceSeed(), signal);
      const token = await abortable(this.#token(seed, expired, signal), signal);
      return {
        ...(token === undefined ? {} : { token }),
        ...(seed === undefined || handshakeHash === undefined
          ? {}
          : { device: proveDevice(this.#crypto, seed, handshakeHash, population) }),
      };
    } catch (error) {
      throwIfAborted(signal);
      throw new TributaryError(
        "ENROLMENT_REQUIRED",
        `The app's token function or key store failed: ${asTributaryError(error).message}`,
        { cause: error },
      );
    }
  }

  async #token(
    seed: Uint8Array | undefined,
    expired: boolean,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { token, population } = this.#options;
    if (typeof token !== "function") return token;
    const crypto = this.#crypto;
    const deviceId =
      seed === undefined ? undefined : deviceIdOf(crypto, crypto.ed25519PublicKey(seed));
    return token({ population, deviceId, expired, signal });
  }

  async #deviceSeed(): Promise<Uint8Array | undefined> {
    const { deviceKey } = this.#options;
    if (deviceKey === undefined || deviceKey instanceof Uint8Array) return deviceKey;
    this.#seed ??= this.#seedIn(deviceKey);
    try {
      return await this.#seed;
    } catch (error) {
      // What cannot be read now may be there the next time.
      this.#seed = undefined;
      throw error;
    }
  }

  /** The store's seed, or a new one: never of a seeded source, or several devices would be one. */
  async #seedIn(store: KeyStore): Promise<Uint8Array> {
    const kept = await store.load();
    if (kept !== undefined) return kept;
    const seed = cryptographicRandom(this.#crypto).bytes(32);
    await store.save(seed);
    return seed;
  }
}
