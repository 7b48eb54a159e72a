import {
  TributaryError,
  asTributaryError,
  cryptographicRandom,
  deviceIdOf,
  proveDevice,
  type ClientCrypto,
  type DeviceProof,
} from "@tributary/protocol";
import { LoadOnce } from "../runtime/load-once.ts";
import { abortable, throwIfAborted } from "../runtime/abort.ts";
import type { KeyStore } from "./key-store.ts";

/** What the app's token function gets to know when it is asked for a token. */
export interface TokenRequest {
  /** The population that the token must admit to. */
  readonly population: string;
  /**
   * SHA-256 of the device's public key, in hexadecimal: the value that the token's `sub` claim may
   * name. It is undefined for a client without a device key.
   */
  readonly deviceId: string | undefined;
  /**
   * True when the server has just refused the last token as expired. A token that the app has kept
   * from before is then of no use.
   */
  readonly expired: boolean;
  /** Aborted when the client stops. */
  readonly signal: AbortSignal;
}

/**
 * An enrolment token, or a function that gets one from the app's backend. The function is called
 * before every check-in and every request for the model.
 */
export type TokenSource = string | ((request: TokenRequest) => string | Promise<string>);

/**
 * A device's Ed25519 seed (32 bytes), or the store that keeps it. The client makes a new seed and
 * saves it when the store has none yet.
 */
export type DeviceKeySource = Uint8Array | KeyStore;

/** The parts of the client's options that concern enrolment. */
export interface CredentialOptions {
  readonly population: string;
  readonly token?: TokenSource | undefined;
  readonly deviceKey?: DeviceKeySource | undefined;
}

/** The fields that enrolment adds to a check-in or to a request for the model. */
export interface ShownCredentials {
  readonly token?: string;
  readonly device?: DeviceProof;
}

/**
 * Produces what a client shows to be admitted to a population: its token, its device proof, both or
 * neither. One instance serves a client for its whole life, so that a key store is asked only once.
 */
export class Credentials {
  readonly #options: CredentialOptions;
  readonly #crypto: ClientCrypto;
  readonly #seed: LoadOnce<Uint8Array> | undefined;

  constructor(crypto: ClientCrypto, options: CredentialOptions) {
    this.#crypto = crypto;
    this.#options = options;
    const { deviceKey } = options;
    if (deviceKey !== undefined && !(deviceKey instanceof Uint8Array)) {
      this.#seed = new LoadOnce(() => this.#seedIn(deviceKey));
    }
  }

  /** Whether it is worth asking for the token again: only a function can give another one. */
  get renewable(): boolean {
    return typeof this.#options.token === "function";
  }

  /**
   * Collects the token and the device proof for one message.
   * @param handshakeHash - The handshake hash of the session that will send them. The proof signs
   *   it, so that a proof cannot be replayed on another connection. No proof is made without it.
   * @param expired - True when the server has refused the last token as expired.
   * @throws TributaryError `ENROLMENT_REQUIRED` when the app's own function or key store fails;
   *   `ABORTED` when `signal` is aborted.
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
          : { device: await proveDevice(this.#crypto, seed, handshakeHash, population) }),
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
      seed === undefined ? undefined : deviceIdOf(crypto, await crypto.ed25519PublicKey(seed));
    return token({ population, deviceId, expired, signal });
  }

  #deviceSeed(): Promise<Uint8Array | undefined> {
    const { deviceKey } = this.#options;
    return deviceKey instanceof Uint8Array
      ? Promise.resolve(deviceKey)
      : (this.#seed?.get() ?? Promise.resolve(undefined));
  }

  /**
   * Returns the seed in the store, or makes one and saves it. A new seed always comes from the
   * cryptographic source: with a seeded source, several devices would get the same key.
   */
  async #seedIn(store: KeyStore): Promise<Uint8Array> {
    const kept = await store.load();
    if (kept !== undefined) return kept;
    const seed = cryptographicRandom(this.#crypto).bytes(32);
    await store.save(seed);
    return seed;
  }
}
