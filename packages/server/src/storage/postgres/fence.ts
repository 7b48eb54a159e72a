import { and, eq } from "drizzle-orm";
import { leaseLost } from "../lease.ts";
import type { Queries } from "./database.ts";
import { leases } from "./schema.ts";

/** The name of the one lease that there is today. */
export const SERVER_LEASE = "server";

/**
 * Checks within a transaction that a lease has not changed hands, and keeps it from doing so until
 * the transaction ends. A renewal is no hindrance and is not hindered, because it leaves the row's
 * key alone.
 * @throws TributaryError `LEASE_LOST`.
 */
export async function requireEpoch(tx: Queries, epoch: number): Promise<void> {
  const mine = await tx
    .select({ epoch: leases.epoch })
    .from(leases)
    .where(and(eq(leases.name, SERVER_LEASE), eq(leases.epoch, epoch)))
    .for("key share");
  if (mine.length > 0) return;
  throw leaseLost("Another server has taken over the store");
}
