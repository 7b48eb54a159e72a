import { and, eq, lte, sql } from "drizzle-orm";
import type { TributaryError } from "@tributary/protocol";
import type { Lease, LeaseClaim, LeaseHolder } from "../lease.ts";
import { databaseError } from "./database-error.ts";
import type { DatabaseConnection } from "./database-connection.ts";
import type { OpenDatabase } from "./database.ts";
import { SERVER_LEASE } from "./fence.ts";
import { leases } from "./schema.ts";

/**
 * A `Lease` in a row of Postgres. The row's epoch is what writes are checked against; the row's
 * time is that of the database.
 */
export class PostgresLease implements Lease {
  readonly #database: OpenDatabase;
  readonly #fenced: DatabaseConnection;
  #epoch = 0;

  /**
   * @param database - Connections for the lease alone, so that no slow query delays a renewal. Its
   *   opener closes it.
   * @param fenced - The stores' connection, whose writes the lease guards.
   */
  constructor(database: OpenDatabase, fenced: DatabaseConnection) {
    this.#database = database;
    this.#fenced = fenced;
  }

  claim(holder: LeaseHolder, durationMs: number, evicted?: number): Promise<LeaseClaim> {
    return this.#ask(async ({ db }) => {
      await db
        .insert(leases)
        .values({ name: SERVER_LEASE, epoch: 0, ...NOBODY, expiresAt: new Date(0) })
        .onConflictDoNothing();
      for (;;) {
        const [held] = await db
          .select({ epoch: leases.epoch, expiresInMs: EXPIRES_IN_MS, ...HOLDER })
          .from(leases)
          .where(eq(leases.name, SERVER_LEASE));
        if (held === undefined) continue;
        const { epoch, expiresInMs, ...other } = held;
        if (expiresInMs > 0 && epoch !== evicted) {
          return { taken: false, holder: other, epoch, expiresInMs };
        }
        // The new epoch is a change of the row's key. It waits for the writes that are under way
        // under the old one, which hold the key, and each later one finds the key gone.
        const taken = await db
          .update(leases)
          .set({ ...holder, epoch: epoch + 1, expiresAt: inMs(durationMs) })
          .where(
            epoch === evicted
              ? this.#is(epoch)
              : and(this.#is(epoch), lte(leases.expiresAt, inMs(0))),
          )
          .returning({ epoch: leases.epoch });
        if (taken[0] === undefined) continue;
        this.#epoch = taken[0].epoch;
        this.#fenced.fence(this.#epoch);
        return { taken: true };
      }
    });
  }

  renew(durationMs: number): Promise<boolean> {
    return this.#setExpiry(inMs(durationMs));
  }

  async release(): Promise<void> {
    await this.#setExpiry(inMs(0));
  }

  block(error: TributaryError | undefined): void {
    this.#fenced.block(error);
  }

  #setExpiry(expiresAt: ReturnType<typeof inMs>): Promise<boolean> {
    return this.#ask(async ({ db }) => {
      const mine = await db
        .update(leases)
        .set({ expiresAt })
        .where(this.#is(this.#epoch))
        .returning({ epoch: leases.epoch });
      return mine.length > 0;
    });
  }

  #is(epoch: number): ReturnType<typeof and> {
    return and(eq(leases.name, SERVER_LEASE), eq(leases.epoch, epoch));
  }

  async #ask<Result>(work: (database: OpenDatabase) => Promise<Result>): Promise<Result> {
    try {
      return await work(this.#database);
    } catch (error) {
      throw databaseError(error, this.#database.where);
    }
  }
}

const HOLDER = {
  host: leases.host,
  pid: leases.pid,
  place: leases.place,
  started: leases.started,
} as const;

/** The holder of a lease that was never taken. */
const NOBODY: LeaseHolder = { host: "", pid: 0, place: "", started: null };

const EXPIRES_IN_MS = sql<number>`extract(epoch from ${leases.expiresAt} - clock_timestamp())::float8 * 1000`;

/** A moment by the database's clock. */
const inMs = (ms: number) => sql`clock_timestamp() + ${ms} * interval '1 millisecond'`;
