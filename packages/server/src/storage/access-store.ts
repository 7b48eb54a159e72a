import type { AdminTokenId, ErrorCode } from "@tributary/protocol";
import type { EnrolmentPolicy } from "../enrolment/policy.ts";

/** What the bearer of an admin token may do; each may do all that the ones before it may. */
export type AdminRole = "viewer" | "operator" | "admin";

/** In the order of what they may do. */
export const ADMIN_ROLES: readonly AdminRole[] = ["viewer", "operator", "admin"];

/** An admin token as it is stored: everything but the token. Only `revokedAtMs` ever changes, once. */
export interface AdminTokenRecord {
  readonly id: AdminTokenId;
  /** What it is for, for people. */
  readonly name: string;
  readonly role: AdminRole;
  /** SHA-256 of the token's secret, 32 bytes. */
  readonly digest: Uint8Array;
  readonly createdAtMs: number;
  readonly revokedAtMs: number | null;
}

/** One change that somebody asked for, and how it ended. Never changed. */
export interface AuditRecord {
  readonly atMs: number;
  /** Who: `root` for the server's own token, `loopback` for a program of this machine without one, else a token's id. */
  readonly actor: string;
  /** What: the operation's name in /openapi.json. */
  readonly operation: string;
  /** On what: a path of the admin API. */
  readonly target: string;
  /** Facts of the change, for people; empty when the operation and its target say it all. */
  readonly note: string;
  /** Why it was refused; null when it was done. */
  readonly error: ErrorCode | null;
}

/** An audit record with its place in the table: higher is newer. */
export interface StoredAudit extends AuditRecord {
  readonly sequence: number;
}

/** Who may take part in a population's rounds: one row for each population whose policy somebody has set. */
export interface PopulationRecord {
  readonly name: string;
  readonly policy: EnrolmentPolicy;
  readonly updatedAtMs: number;
}

/** A device that is registered with a population. Only `revokedAtMs` ever changes, once. */
export interface DeviceRecord {
  readonly population: string;
  /** SHA-256 of its public key, hexadecimal; or the subject of its tokens. */
  readonly id: string;
  /** Ed25519, 32 bytes; null for a device that is known by its tokens' subject alone. */
  readonly publicKey: Uint8Array | null;
  readonly registeredAtMs: number;
  readonly revokedAtMs: number | null;
}

/**
 * Who may come in, and who did what. What a method has resolved for survives a crash where the store outlives its
 * process. Every method rejects with `STORAGE_UNAVAILABLE` when the store cannot be reached.
 */
export interface AccessStore {
  /** @throws TributaryError `ADMIN_TOKEN_CONFLICT` when there is a token of that id. */
  addToken(token: AdminTokenRecord): Promise<void>;

  token(id: AdminTokenId): Promise<AdminTokenRecord | undefined>;

  /** All tokens, revoked ones too, oldest first. */
  tokens(): Promise<AdminTokenRecord[]>;

  /** @returns Whether it was there and not revoked yet. */
  revokeToken(id: AdminTokenId, atMs: number): Promise<boolean>;

  /** Adds to the audit table, from which nothing is ever taken. */
  addAudit(record: AuditRecord): Promise<void>;

  /**
   * The newest records, newest first.
   * @param before - Only those with a lower sequence.
   */
  audit(limit: number, before?: number): Promise<StoredAudit[]>;

  /** By name. */
  populations(): Promise<PopulationRecord[]>;

  /** Adds the population or replaces its policy. */
  setPopulation(population: PopulationRecord): Promise<void>;

  /** Adds a device unless it is there. @returns The device as it is stored, maybe revoked long since. */
  addDevice(device: DeviceRecord): Promise<DeviceRecord>;

  device(population: string, id: string): Promise<DeviceRecord | undefined>;

  /** How many devices a population has, revoked ones too. */
  deviceCount(population: string): Promise<number>;

  /** The newest devices of a population, newest first. */
  devices(population: string, limit: number): Promise<DeviceRecord[]>;

  /** @returns Whether it was there and not revoked yet. */
  revokeDevice(population: string, id: string, atMs: number): Promise<boolean>;
}
