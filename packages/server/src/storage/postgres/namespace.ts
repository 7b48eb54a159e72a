import { pgSchema } from "drizzle-orm/pg-core";

/**
 * The Postgres schema that holds every table, so that a database may be shared with something else.
 * It is not in schema.ts because drizzle-kit would then create it: the migrator does, unless an
 * administrator has.
 */
export const namespace = pgSchema("tributary");
