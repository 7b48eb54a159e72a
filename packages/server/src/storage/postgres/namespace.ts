import { pgSchema } from "drizzle-orm/pg-core";

/**
 * The Postgres schema that holds every table, so that other programs may use the same database. It
 * is not in schema.ts, because a migration would then create it. `migrate` creates it, unless an
 * administrator has done so before.
 */
export const namespace = pgSchema("tributary");
