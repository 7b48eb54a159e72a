import { sql } from "drizzle-orm";
import type { DatabaseConnection } from "./database-connection.ts";

/** The bytes that a database takes on its disk. @throws TributaryError `STORAGE_UNAVAILABLE`. */
export function databaseBytes(connection: DatabaseConnection): Promise<number> {
  return connection.run(async ({ db }) => {
    const [row] = await db
      .select({ bytes: sql`pg_database_size(current_database())`.mapWith(Number) })
      .from(sql`(select 1) as one`);
    return row?.bytes ?? 0;
  });
}
