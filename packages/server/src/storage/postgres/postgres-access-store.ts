import { and, asc, desc, eq, isNull, lt } from "drizzle-orm";
import type { AdminTokenId } from "@tributary/protocol";
import type {
  AccessStore,
  AdminTokenRecord,
  AuditRecord,
  DeviceRecord,
  PopulationRecord,
  StoredAudit,
} from "../access-store.ts";
import { tokenExists } from "../record-checks.ts";
import type { DatabaseConnection } from "./database-connection.ts";
import type { Queries } from "./database.ts";
import { adminTokens, audit, devices, populations } from "./schema.ts";

/**
 * `AccessStore` in Postgres tables, whichever driver reaches them. Whoever opened the connection
 * closes it.
 */
export class PostgresAccessStore implements AccessStore {
  readonly #connection: DatabaseConnection;

  constructor(connection: DatabaseConnection) {
    this.#connection = connection;
  }

  async addToken(token: AdminTokenRecord): Promise<void> {
    await this.#connection.write(async (tx) => {
      const added = await tx
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
    return this.#connection.write(async (tx) => {
      const revoked = await tx
        .update(adminTokens)
        .set({ revokedAtMs: atMs })
        .where(and(eq(adminTokens.id, id), isNull(adminTokens.revokedAtMs)))
        .returning({ id: adminTokens.id });
      return revoked.length > 0;
    });
  }

  async addAudit(record: AuditRecord): Promise<void> {
    await this.#connection.write((tx) => tx.insert(audit).values(record));
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

  populations(): Promise<PopulationRecord[]> {
    return this.#connection.run(({ db }) =>
      db.select().from(populations).orderBy(asc(populations.name)),
    );
  }

  async setPopulation(population: PopulationRecord): Promise<void> {
    const { policy, updatedAtMs } = population;
    await this.#connection.write((tx) =>
      tx
        .insert(populations)
        .values(population)
        .onConflictDoUpdate({ target: populations.name, set: { policy, updatedAtMs } }),
    );
  }

  addDevice(device: DeviceRecord): Promise<DeviceRecord> {
    return this.#connection.write(async (tx) => {
      const [added] = await tx.insert(devices).values(device).onConflictDoNothing().returning();
      return added ?? (await findDevice(tx, device.population, device.id)) ?? device;
    });
  }

  device(population: string, id: string): Promise<DeviceRecord | undefined> {
    return this.#connection.run(({ db }) => findDevice(db, population, id));
  }

  deviceCount(population: string): Promise<number> {
    return this.#connection.run(({ db }) => db.$count(devices, eq(devices.population, population)));
  }

  devices(population: string, limit: number): Promise<DeviceRecord[]> {
    return this.#connection.run(({ db }) =>
      db
        .select()
        .from(devices)
        .where(eq(devices.population, population))
        .orderBy(desc(devices.registeredAtMs), asc(devices.id))
        .limit(limit),
    );
  }

  revokeDevice(population: string, id: string, atMs: number): Promise<boolean> {
    return this.#connection.write(async (tx) => {
      const revoked = await tx
        .update(devices)
        .set({ revokedAtMs: atMs })
        .where(
          and(eq(devices.population, population), eq(devices.id, id), isNull(devices.revokedAtMs)),
        )
        .returning({ id: devices.id });
      return revoked.length > 0;
    });
  }
}

async function findDevice(
  db: Pick<Queries, "select">,
  population: string,
  id: string,
): Promise<DeviceRecord | undefined> {
  const [found] = await db
    .select()
    .from(devices)
    .where(and(eq(devices.population, population), eq(devices.id, id)));
  return found;
}
