import type { AdminTokenId, ErrorCode } from "@tributary/protocol";

/**
 * What the bearer of an admin token may do. Each role includes the rights of the ones before it.
 */
export type AdminRole = "viewer" | "operator" | "admin";

/** All roles, from the fewest rights to the most. */
export const ADMIN_ROLES: readonly AdminRole[] = ["viewer", "operator", "admin"];

/**
 * An admin token as it is stored, without its secret. Only `revokedAtMs` ever changes, and only
 * once.
 */
export interface AdminTokenRecord {
  readonly id: AdminTokenId;
  /** What the token is for, in the words of whoever created it. */
  readonly name: string;
  readonly role: AdminRole;
  /** SHA-256 of the token's secret, 32 bytes. */
  readonly digest: Uint8Array;
  readonly createdAtMs: number;
  readonly revokedAtMs: number | null;
}

/** One change that somebody asked for, and how it ended. The record itself never changes. */
export interface AuditRecord {
  readonly atMs: number;
  /**
   * Who asked: `root` for the root token, `loopback` for a program of this machine without a token,
   * or a token's id.
   */
  readonly actor: string;
  /** The operation's name in /openapi.json. */
  readonly operation: string;
  /** The path of the admin API that was asked for. */
  readonly target: string;
  /**
   * Facts about the change, for people. Empty when the operation and its target tell everything.
   */
  readonly note: string;
  /** The error code of a refused change; null when the change was made. */
  readonly error: ErrorCode | null;
}

/** An audit record with its sequence number in the table. A higher number is newer. */
export interface StoredAudit extends AuditRecord {
  readonly sequence: number;
}

/** Says which enrolment tokens are valid. Every token is signed with EdDSA. */
export interface TokenRules {
  /** The `iss` claim of the tokens: the app's backend. */
  readonly issuer: string;
  /**
   * The Ed25519 public keys that may have signed a token, base64url. There are two while one
   * replaces another.
   */
  readonly keys: readonly string[];
  /** How far the clocks of the backend and of this server may be apart, in seconds. */
  readonly clockSkewSeconds: number;
  /** The longest time from the issue of a token to its expiry, in seconds. */
  readonly maximumLifetimeSeconds: number;
  /** How many devices a token without a subject may vouch for; ≥ 1. */
  readonly devicesPerToken: number;
}

/** Who may take part in a population's rounds. */
export type EnrolmentPolicy =
  /** Every client may take part. */
  | { readonly enrolment: "open" }
  /** A client that shows a valid token at each check-in may take part. */
  | { readonly enrolment: "token"; readonly token: TokenRules }
  /**
   * A registered device that proves at each check-in that it holds its key may take part. `token`
   * says which tokens a device needs to register; without it, any device may register itself.
   */
  | { readonly enrolment: "device"; readonly token?: TokenRules | undefined };

/**
 * The enrolment policy of a population. Only populations whose policy somebody has set have a
 * record.
 */
export interface PopulationRecord {
  readonly name: string;
  readonly policy: EnrolmentPolicy;
  readonly updatedAtMs: number;
}

/**
 * A device that is registered with a population. Only `revokedAtMs` and `voucher` ever change, and
 * each only once, from null.
 */
export interface DeviceRecord {
  readonly population: string;
  /** The SHA-256 of its public key, hexadecimal; or the subject of its tokens. */
  readonly id: string;
  /**
   * Its Ed25519 public key, 32 bytes; null for a device that is known only by the subject of its
   * tokens.
   */
  readonly publicKey: Uint8Array | null;
  /** The name of the token that vouched for the device; null for one that registered itself. */
  readonly voucher: string | null;
  readonly registeredAtMs: number;
  readonly revokedAtMs: number | null;
}

/**
 * Admin tokens, the audit table, enrolment policies and devices. Once a method has resolved, its
 * change survives a crash, provided that the store outlives its process. Every method rejects with
 * `STORAGE_UNAVAILABLE` when the store cannot be reached. Records that are handed out are the
 * caller's own copies.
 */
export interface AccessStore {
  /** @throws TributaryError `ADMIN_TOKEN_CONFLICT` when there is a token of that id. */
  addToken(token: AdminTokenRecord): Promise<void>;

  /** One token, which may be revoked; undefined when there is none of that id. */
  token(id: AdminTokenId): Promise<AdminTokenRecord | undefined>;

  /** All tokens, including revoked ones, oldest first. */
  tokens(): Promise<AdminTokenRecord[]>;

  /** Revokes a token for good. @returns Whether there was such a token that was not revoked yet. */
  revokeToken(id: AdminTokenId, atMs: number): Promise<boolean>;

  /** Adds a row to the audit table. Rows are never changed or deleted. */
  addAudit(record: AuditRecord): Promise<void>;

  /**
   * The newest records, newest first.
   * @param limit - The largest number of records.
   * @param before - Only records with a lower sequence number.
   */
  audit(limit: number, before?: number): Promise<StoredAudit[]>;

  /** All populations with a policy, sorted by name. */
  populations(): Promise<PopulationRecord[]>;

  /** Adds the population or replaces its policy. */
  setPopulation(population: PopulationRecord): Promise<void>;

  /**
   * Adds a device unless it is there already. One that registered itself gets the voucher.
   * @param maximum - How many devices of the population the voucher may vouch for; no limit if left
   *   out.
   * @returns The device as it is stored; it may have been revoked before. Undefined when the voucher
   *   has vouched for so many others already, in which case nothing changes.
   */
  addDevice(device: DeviceRecord, maximum?: number): Promise<DeviceRecord | undefined>;

  /** One device, which may be revoked; undefined when the population has none of that id. */
  device(population: string, id: string): Promise<DeviceRecord | undefined>;

  /**
   * How many devices a population has, including revoked ones.
   * @param voucher - Only those with this voucher; null for those that registered themselves.
   */
  deviceCount(population: string, voucher?: string | null): Promise<number>;

  /** The newest devices of a population, newest first. */
  devices(population: string, limit: number): Promise<DeviceRecord[]>;

  /**
   * Revokes a device for good.
   * @returns Whether there was such a device that was not revoked yet.
   */
  revokeDevice(population: string, id: string, atMs: number): Promise<boolean>;
}
