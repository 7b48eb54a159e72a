import { TributaryError, type AdminTokenId } from "@tributary/protocol";
import type { AccessStore, AdminTokenRecord, AuditRecord, StoredAudit } from "./access-store.ts";
import { tokenExists } from "./record-checks.ts";

/** `AccessStore` in maps. */
export class MemoryAccessStore implements AccessStore {
  readonly #tokens: Map<AdminTokenId, AdminTokenRecord> = new Map();
  readonly #audit: StoredAudit[] = [];
  #closed = false;

  async addToken(token: AdminTokenRecord): Promise<void> {
    this.#requireOpen();
    if (this.#tokens.has(token.id)) throw tokenExists(token.id);
    this.#tokens.set(token.id, structuredClone(token));
  }

  async token(id: AdminTokenId): Promise<AdminTokenRecord | undefined> {
    this.#requireOpen();
    return structuredClone(this.#tokens.get(id));
  }

  async tokens(): Promise<AdminTokenRecord[]> {
    this.#requireOpen();
    return structuredClone([...this.#tokens.values()]).sort(
      (a, b) => a.createdAtMs - b.createdAtMs || (a.id < b.id ? -1 : 1),
    );
  }

  async revokeToken(id: AdminTokenId, atMs: number): Promise<boolean> {
    this.#requireOpen();
    const token = this.#tokens.get(id);
    if (token === undefined || token.revokedAtMs !== null) return false;
    this.#tokens.set(id, { ...token, revokedAtMs: atMs });
    return true;
  }

  async addAudit(record: AuditRecord): Promise<void> {
    this.#requireOpen();
    this.#audit.push({ sequence: this.#audit.length + 1, ...record });
  }

  async audit(limit: number, before = Number.POSITIVE_INFINITY): Promise<StoredAudit[]> {
    this.#requireOpen();
    const older = this.#audit.filter(({ sequence }) => sequence < before);
    return structuredClone(older.slice(-limit).reverse());
  }

  close(): void {
    this.#closed = true;
  }

  #requireOpen(): void {
    if (!this.#closed) return;
    throw new TributaryError("STORAGE_UNAVAILABLE", "The store is closed", {
      remedy: "Open it again.",
    });
  }
}
