import { and, asc, desc, eq, isNull, lt } from "drizzle-orm";
import type { AdminTokenId } from "@tributary/protocol";
import type { AccessStore, AdminTokenRecord, AuditRecord, StoredAudit } from "../access-store.ts";
import { tokenExists } from "../record-checks.ts";
import type { DatabaseConnection } from "./database-connection.ts";
import { adminTokens, audit } from "./schema.ts";

/** `AccessStore` in Postgres tables, whichever driver reaches them. The connection is closed by whoever opened it. */
export class PostgresAccessStore implements AccessStore {
  readonly #connection: DatabaseConnection;

  constructor(connection: DatabaseConnection) {
    this.#connection = connection;
  }

  async addToken(token: AdminTokenRecord): Promise<void> {
    await this.#connection.run(async ({ db }) => {
      const added = await db
        .insert(adminTokens)
        .values(token)
        .onConflictDoNothing()
        .returning({ id: adminTokens.id });
      if (added.length === 0) throw tokenExists(token.id);
    });
  }

  token(id: AdminTokenId): Promise<AdminTokenRecord | undefined> {
    return this.#connection.run(async ({ db }) => {
      const [found] = await db.select().from(adminTokens).where(eq(adminTokens.id, id));
      return found;
    });
  }

  tokens(): Promise<AdminTokenRecord[]> {
    return this.#connection.run(({ db }) =>
      db.select().from(adminTokens).orderBy(asc(adminTokens.createdAtMs), asc(adminTokens.id)),
    );
  }

  revokeToken(id: AdminTokenId, atMs: number): Promise<boolean> {
    return this.#connection.run(async ({ db }) => {
      const revoked = await db
        .update(adminTokens)
        .set({ revokedAtMs: atMs })
        .where(and(eq(adminTokens.id, id), isNull(adminTokens.revokedAtMs)))
        .returning({ id: adminTokens.id });
      return revoked.length > 0;
    });
  }

  async addAudit(record: AuditRecord): Promise<void> {
    await this.#connection.run(({ db }) => db.insert(audit).values(record));
  }

  audit(limit: number, before?: number): Promise<StoredAudit[]> {
    return this.#connection.run(({ db }) =>
      db
        .select()
        .from(audit)
        .where(before === undefined ? undefined : lt(audit.sequence, before))
        .orderBy(desc(audit.sequence))
        .limit(limit),
    );
  }
}
