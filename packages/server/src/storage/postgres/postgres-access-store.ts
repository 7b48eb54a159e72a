import { and, asc, desc, eq, isNull, lt, sql, type SQL } from "drizzle-orm";
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

  addDevice(device: DeviceRecord, maximum?: number): Promise<DeviceRecord | undefined> {
    const { population, id, voucher } = device;
    return this.#connection.write(async (tx) => {
      if (voucher !== null) {
        // Devices that show one token at the same time are counted one after the other.
        const name = `${population} ${voucher}`;
        await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`);
      }
      const known = await findDevice(tx, population, id);
      if (known !== undefined && (known.voucher !== null || voucher === null)) return known;
      if (voucher !== null && maximum !== undefined) {
        const vouched = await tx
          .select({ id: devices.id })
          .from(devices)
          .where(ofVoucher(population, voucher))
          .limit(maximum);
        if (vouched.length >= maximum) return undefined;
      }
      const target = [devices.population, devices.id];
      const [added] = await tx
        .insert(devices)
        .values(device)
        .onConflictDoUpdate({
          target,
          set: { voucher: sql`coalesce(${devices.voucher}, excluded.voucher)` },
        })
        .returning();
      return added;
    });
  }

  device(population: string, id: string): Promise<DeviceRecord | undefined> {
    return this.#connection.run(({ db }) => findDevice(db, population, id));
  }

  deviceCount(population: string, voucher?: string | null): Promise<number> {
    return this.#connection.run(({ db }) => db.$count(devices, ofVoucher(population, voucher)));
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

/** Devices of a population: all, those with a voucher, or (null) those without. */
function ofVoucher(population: string, voucher?: string | null): SQL | undefined {
  return and(
    eq(devices.population, population),
    voucher === undefined
      ? undefined
      : voucher === null
        ? isNull(devices.voucher)
        : eq(devices.voucher, voucher),
  );
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
