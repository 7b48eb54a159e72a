import type { AdminTokenId, ErrorCode } from "@tributary/protocol";

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
}
