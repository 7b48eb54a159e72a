import {
  type Clock,
  type CryptoProvider,
  deviceIdOf,
  type DeviceProof,
  isDeviceProof,
  type Limits,
  TributaryError,
} from "@tributary/protocol";
import type {
  AccessStore,
  DeviceRecord,
  EnrolmentPolicy,
  TokenRules,
} from "../storage/access-store.ts";
import { Shares } from "../runtime/shares.ts";
import { DeviceCounts } from "./device-counts.ts";
import { REFUSED_RETRY_MS, checkEnrolmentToken } from "./enrolment-token.ts";
import { OPEN_POLICY, enrolmentPolicySchema } from "./policy.ts";

/** What a client shows to prove that it may take part, or may download the model. */
export interface Credentials {
  readonly population: string;
  readonly token?: string;
  readonly device?: DeviceProof;
  /** The handshake hash of the client's channel. A device proof holds for this channel only. */
  readonly handshakeHash: Uint8Array;
}

/** A client that may take part. */
export interface Admission {
  /** The client's device; undefined when the device is not known. */
  readonly deviceId: string | undefined;
  /** Whether the population's policy asks for enrolment. Whoever it admits is no stranger then. */
  readonly isEnrolled: boolean;
  /** Returns the request to the device's share. Call it when the client was not at fault. */
  readonly giveRequestBack: () => void;
}

/** What `Enrolment` works with. */
export interface EnrolmentDeps {
  readonly store: AccessStore;
  readonly crypto: CryptoProvider;
  readonly clock: Clock;
  readonly limits: Limits;
  /** Called for each request that was refused because its device sends too many. */
  readonly onRateLimited?: () => void;
}

/**
 * Decides by the policy of its population whether a client may take part. Policies are cached in
 * memory, devices are not.
 */
export class Enrolment {
  readonly #deps: EnrolmentDeps;
  readonly #policies: Map<string, EnrolmentPolicy> = new Map();
  /** What each device may still ask for, over all of its connections and addresses. */
  readonly #requests: Shares;
  readonly #counts: DeviceCounts;

  private constructor(deps: EnrolmentDeps) {
    this.#deps = deps;
    const { requestBurstPerDevice, requestsPerSecondPerDevice, maxTrackedDevices } = deps.limits;
    this.#requests = new Shares(deps.clock, {
      burst: requestBurstPerDevice,
      perSecond: requestsPerSecondPerDevice,
      maxNames: maxTrackedDevices,
    });
    this.#counts = new DeviceCounts((population) => deps.store.deviceCount(population));
  }

  /** Reads the policies of all populations. @throws TributaryError `STORAGE_UNAVAILABLE`. */
  static async load(deps: EnrolmentDeps): Promise<Enrolment> {
    const enrolment = new Enrolment(deps);
    for (const { name, policy } of await deps.store.populations()) {
      // A policy that an older version has stored lacks what has a default since then.
      enrolment.#policies.set(name, enrolmentPolicySchema.parse(policy));
    }
    return enrolment;
  }

  /** The policy of a population. It is open as long as nobody has set another one. */
  policy(population: string): EnrolmentPolicy {
    return this.#policies.get(population) ?? OPEN_POLICY;
  }

  /**
   * Sets a policy. It holds from the next request on; clients that already wait or train are not
   * affected.
   */
  async setPolicy(population: string, policy: EnrolmentPolicy): Promise<void> {
    await this.#deps.store.setPopulation({
      name: population,
      policy,
      updatedAtMs: this.#deps.clock.now(),
    });
    this.#policies.set(population, policy);
    this.#counts.forget(population);
  }

  /**
   * Decides whether a client may take part. Signatures are checked before the store is asked, so
   * that a stranger costs no query. When the store need not be asked, this returns or throws at
   * once; otherwise it returns a promise.
   * @throws TributaryError `ENROLMENT_REQUIRED`, `TOKEN_INVALID`, `TOKEN_EXPIRED`,
   *   `DEVICE_REVOKED`, `DEVICE_PROOF_INVALID`, `POPULATION_FULL`, `RATE_LIMITED`,
   *   `STORAGE_UNAVAILABLE`.
   */
  admit(credentials: Credentials): Admission | Promise<Admission> {
    const { population } = credentials;
    const policy = this.policy(population);
    const proven = this.#provenDevice(credentials);
    switch (policy.enrolment) {
      case "open":
        return proven === undefined ? STRANGER : this.#admitKnown(population, proven);
      case "token": {
        const vouched = this.#vouched(credentials, policy.token, proven?.id);
        if (proven !== undefined) return this.#register(population, proven, vouched);
        const { subject, voucher } = vouched;
        // The same subject in another population is another device. A token without a subject says
        // of nobody who it is, but the requests of all of its copies are bounded together.
        const id = subject ?? voucher;
        const bearer = this.#withinQuota({ id, publicKey: null }, `${population} ${id}`);
        return subject === undefined
          ? { ...admissionOf(bearer), deviceId: undefined }
          : this.#register(population, bearer, vouched);
      }
      case "device":
        if (proven === undefined) {
          throw required(population, "a registered device key", "Set the client's deviceKey.");
        }
        return this.#admitRegistered(credentials, proven, policy.token);
    }
  }

  /**
   * Charges a device for a request, after its signature has been checked and before anything else
   * is done for it. If it were charged earlier, a stranger could name its key and shut it out.
   * Checking a signature costs about as much as a handshake, and the quotas of the session and the
   * address bound how often that happens. A key has one share for all populations, because a client
   * may invent any number of names of open populations.
   */
  #withinQuota(device: Omit<Device, "giveRequestBack">, name: string): Device {
    if (!this.#requests.take(name)) {
      this.#deps.onRateLimited?.();
      throw new TributaryError("RATE_LIMITED", "This device sends too many requests", {
        remedy: "Use a device key or a token's subject on one device only.",
        retryAfterMs: RATE_RETRY_MS,
      });
    }
    return { ...device, giveRequestBack: () => this.#requests.giveBack(name) };
  }

  /**
   * Checks the signature of the client's device and charges the device for the request.
   * @returns undefined when the client has shown no device key.
   */
  #provenDevice({ device, handshakeHash, population }: Credentials): Device | undefined {
    if (device === undefined) return undefined;
    const { crypto } = this.#deps;
    if (!isDeviceProof(crypto, device, handshakeHash, population)) {
      throw new TributaryError(
        "DEVICE_PROOF_INVALID",
        "The device's signature is not valid for this session",
        { remedy: "Sign this session's handshake hash with the device's own key." },
      );
    }
    const id = deviceIdOf(crypto, device.publicKey);
    return this.#withinQuota({ id, publicKey: device.publicKey }, id);
  }

  /** Checks the client's token, and returns for whom it vouches. */
  #vouched(
    { token, population }: Credentials,
    rules: TokenRules,
    deviceId: string | undefined,
  ): Vouching & { readonly subject: string | undefined; readonly voucher: string } {
    if (token === undefined) {
      throw required(population, "an enrolment token", "Set the client's token.");
    }
    const { crypto, clock } = this.#deps;
    const check = { crypto, rules, audience: population, nowMs: clock.now() };
    const { subject, name: voucher } = checkEnrolmentToken(token, check);
    if (deviceId !== undefined && subject !== undefined && subject !== deviceId) {
      throw new TributaryError("TOKEN_INVALID", "The enrolment token is for another device", {
        remedy: "Have the app's backend sign one for this device's id.",
        retryAfterMs: REFUSED_RETRY_MS,
      });
    }
    // A subject is one device by itself, so that only tokens without one have to be counted.
    return { subject, voucher, maximum: subject === undefined ? rules.devicesPerToken : undefined };
  }

  /**
   * Admits a device that proves who it is although the policy is open. If the device was revoked,
   * it is refused.
   */
  async #admitKnown(population: string, device: Device): Promise<Admission> {
    const known = await this.#deps.store.device(population, device.id);
    if (known !== undefined) requireGood(known);
    return { ...admissionOf(device), isEnrolled: false };
  }

  /**
   * Admits a registered device. One that is not registered yet is registered if it may be. One that
   * registered itself needs a token once the policy names an issuer.
   */
  async #admitRegistered(
    credentials: Credentials,
    device: Device,
    rules: TokenRules | undefined,
  ): Promise<Admission> {
    const { population } = credentials;
    const known = await this.#deps.store.device(population, device.id);
    if (known !== undefined) {
      requireGood(known);
      if (rules === undefined || known.voucher !== null) return admissionOf(device);
    }
    if (rules === undefined) return this.#registerItself(population, device);
    return this.#register(population, device, this.#vouched(credentials, rules, device.id));
  }

  /**
   * Registers a device that nobody vouches for. Their number is bounded, since anyone can make any
   * number of keys.
   */
  async #registerItself(population: string, device: Device): Promise<Admission> {
    const maximum = this.#deps.limits.maxSelfRegisteredDevices;
    const hadRoom = await this.#counts.add(population, maximum, async () => {
      await this.#register(population, device, SELF_REGISTERED);
    });
    if (hadRoom) return admissionOf(device);
    throw new TributaryError(
      "POPULATION_FULL",
      `Population "${population}" has ${maximum} devices and ` +
        "takes no more that register themselves",
      {
        remedy:
          "Whoever runs the server can raise maxSelfRegisteredDevices, " +
          "or have devices register with tokens.",
        retryAfterMs: REFUSED_RETRY_MS,
      },
    );
  }

  /** Stores a device unless it is stored already, and admits it unless it was revoked. */
  async #register(
    population: string,
    device: Device,
    { voucher, maximum }: Vouching,
  ): Promise<Admission> {
    const { store, clock } = this.#deps;
    const { id, publicKey } = device;
    const record = { population, id, publicKey, voucher, registeredAtMs: clock.now() };
    const stored = await store.addDevice({ ...record, revokedAtMs: null }, maximum);
    if (stored === undefined) throw usedUp(maximum ?? 0);
    requireGood(stored);
    return admissionOf(device);
  }
}

/** A device that has proven who it is, and has been charged for this request. */
type Device = Pick<DeviceRecord, "id" | "publicKey"> & Pick<Admission, "giveRequestBack">;

function admissionOf({ id, giveRequestBack }: Device): Admission {
  return { deviceId: id, isEnrolled: true, giveRequestBack };
}

/** The admission of a client of an open population whose device is not known. */
const STRANGER: Admission = { deviceId: undefined, isEnrolled: false, giveRequestBack() {} };

/** What vouches for a device that is to be registered, and for how many devices it may. */
interface Vouching {
  readonly voucher: DeviceRecord["voucher"];
  readonly maximum: number | undefined;
}

const SELF_REGISTERED: Vouching = { voucher: null, maximum: undefined };

/** Milliseconds after which a device that sends requests at a normal rate may send some again. */
const RATE_RETRY_MS = 5_000;

function requireGood({ revokedAtMs }: DeviceRecord): void {
  if (revokedAtMs === null) return;
  throw new TributaryError("DEVICE_REVOKED", "This device may no longer take part", {
    remedy: "Ask whoever runs the app.",
    retryAfterMs: REFUSED_RETRY_MS,
  });
}

function usedUp(maximum: number): TributaryError {
  return new TributaryError(
    "TOKEN_INVALID",
    `The enrolment token has vouched for ${maximum === 1 ? "another device" : `${maximum} devices`} already`,
    {
      remedy:
        "Have the app's backend sign one for each device, with the device's id as its subject.",
      retryAfterMs: REFUSED_RETRY_MS,
    },
  );
}

function required(population: string, what: string, remedy: string): TributaryError {
  return new TributaryError("ENROLMENT_REQUIRED", `Population "${population}" takes ${what}`, {
    remedy,
    retryAfterMs: REFUSED_RETRY_MS,
  });
}
