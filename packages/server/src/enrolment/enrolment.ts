import {
  TributaryError,
  deviceIdOf,
  isDeviceProof,
  type CryptoProvider,
  type DeviceProof,
} from "@tributary/protocol";
import type { Clock } from "../coordinator/clock.ts";
import type { AccessStore, DeviceRecord } from "../storage/access-store.ts";
import { REFUSED_RETRY_MS, checkEnrolmentToken } from "./enrolment-token.ts";
import { OPEN_POLICY, type EnrolmentPolicy, type TokenRules } from "./policy.ts";

/** What a client shows at check-in of its right to take part. */
export interface Credentials {
  readonly population: string;
  readonly token?: string;
  readonly device?: DeviceProof;
  /** Of the client's channel: what device proofs are bound to. */
  readonly handshakeHash: Uint8Array;
}

/** A client that may take part. */
export interface Admission {
  /** Which device it is; undefined where that is not known. */
  readonly deviceId: string | undefined;
}

export interface EnrolmentDeps {
  readonly store: AccessStore;
  readonly crypto: CryptoProvider;
  readonly clock: Clock;
}

/** Lets clients in by the policies of their populations. Policies are kept in memory too; devices in the store alone. */
export class Enrolment {
  readonly #deps: EnrolmentDeps;
  readonly #policies: Map<string, EnrolmentPolicy> = new Map();

  private constructor(deps: EnrolmentDeps) {
    this.#deps = deps;
  }

  /** @throws TributaryError `STORAGE_UNAVAILABLE`. */
  static async load(deps: EnrolmentDeps): Promise<Enrolment> {
    const enrolment = new Enrolment(deps);
    for (const { name, policy } of await deps.store.populations()) {
      enrolment.#policies.set(name, policy);
    }
    return enrolment;
  }

  policy(population: string): EnrolmentPolicy {
    return this.#policies.get(population) ?? OPEN_POLICY;
  }

  /** Holds for the next check-in on; clients that wait or train already go on. */
  async setPolicy(population: string, policy: EnrolmentPolicy): Promise<void> {
    await this.#deps.store.setPopulation({
      name: population,
      policy,
      updatedAtMs: this.#deps.clock.now(),
    });
    this.#policies.set(population, policy);
  }

  /**
   * Signatures are checked before the store is asked, so that a stranger costs no query. Where the store need not be asked
   * the answer comes at once, and errors are thrown; else they reject.
   * @throws TributaryError `ENROLMENT_REQUIRED`, `TOKEN_INVALID`, `TOKEN_EXPIRED`, `DEVICE_REVOKED`, `DEVICE_PROOF_INVALID`,
   *   `STORAGE_UNAVAILABLE`.
   */
  admit(credentials: Credentials): Admission | Promise<Admission> {
    const { population } = credentials;
    const policy = this.policy(population);
    const proven = this.#provenDevice(credentials);
    switch (policy.enrolment) {
      case "open":
        return proven === undefined ? NOBODY : this.#admitKnown(population, proven);
      case "token": {
        const subject = this.#subject(credentials, policy.token, proven?.id);
        const device =
          proven ?? (subject === undefined ? undefined : { id: subject, publicKey: null });
        return device === undefined ? NOBODY : this.#register(population, device);
      }
      case "device":
        if (proven === undefined) {
          throw required(population, "a registered device key", "Set the client's deviceKey.");
        }
        return this.#admitRegistered(credentials, proven, policy.token);
    }
  }

  #provenDevice({ device, handshakeHash, population }: Credentials): Device | undefined {
    if (device === undefined) return undefined;
    const { crypto } = this.#deps;
    if (!isDeviceProof(crypto, device, handshakeHash, population)) {
      throw new TributaryError(
        "DEVICE_PROOF_INVALID",
        "The device's signature does not hold in this session",
        { remedy: "Sign this session's handshake hash with the device's own key." },
      );
    }
    return { id: deviceIdOf(crypto, device.publicKey), publicKey: device.publicKey };
  }

  /** The subject of the client's token, which must be good. */
  #subject(
    { token, population }: Credentials,
    rules: TokenRules,
    deviceId: string | undefined,
  ): string | undefined {
    if (token === undefined) {
      throw required(population, "an enrolment token", "Set the client's token.");
    }
    const { crypto, clock } = this.#deps;
    const check = { crypto, rules, audience: population, nowMs: clock.now() };
    const { subject } = checkEnrolmentToken(token, check);
    if (deviceId !== undefined && subject !== undefined && subject !== deviceId) {
      throw new TributaryError("TOKEN_INVALID", "The enrolment token is of another device", {
        remedy: "Have the app's backend sign one for this device's id.",
        retryAfterMs: REFUSED_RETRY_MS,
      });
    }
    return subject;
  }

  /** A device that proves itself where it need not: it is known by its key, and its revocation holds. */
  async #admitKnown(population: string, { id }: Device): Promise<Admission> {
    const known = await this.#deps.store.device(population, id);
    if (known !== undefined) requireGood(known);
    return { deviceId: id };
  }

  async #admitRegistered(
    credentials: Credentials,
    device: Device,
    rules: TokenRules | undefined,
  ): Promise<Admission> {
    const { population } = credentials;
    const known = await this.#deps.store.device(population, device.id);
    if (known !== undefined) {
      requireGood(known);
      return { deviceId: device.id };
    }
    if (rules !== undefined) this.#subject(credentials, rules, device.id);
    return this.#register(population, device);
  }

  async #register(population: string, device: Device): Promise<Admission> {
    const { store, clock } = this.#deps;
    requireGood(
      await store.addDevice({
        population,
        ...device,
        registeredAtMs: clock.now(),
        revokedAtMs: null,
      }),
    );
    return { deviceId: device.id };
  }
}

type Device = Pick<DeviceRecord, "id" | "publicKey">;

const NOBODY: Admission = { deviceId: undefined };

function requireGood({ revokedAtMs }: DeviceRecord): void {
  if (revokedAtMs === null) return;
  throw new TributaryError("DEVICE_REVOKED", "This device may no longer take part", {
    remedy: "Ask whoever runs the app.",
    retryAfterMs: REFUSED_RETRY_MS,
  });
}

function required(population: string, what: string, remedy: string): TributaryError {
  return new TributaryError("ENROLMENT_REQUIRED", `Population "${population}" takes ${what}`, {
    remedy,
    retryAfterMs: REFUSED_RETRY_MS,
  });
}
