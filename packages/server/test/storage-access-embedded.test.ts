import { join } from "node:path";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, it } from "vitest";
import { DatabaseConnection } from "../src/storage/postgres/database-connection.ts";
import type { OpenDatabase } from "../src/storage/postgres/database.ts";
import { migrate } from "../src/storage/postgres/migrate.ts";
import { openPglite } from "../src/storage/postgres/pglite.ts";
import { PostgresAccessStore } from "../src/storage/postgres/postgres-access-store.ts";
import { accessStoreCases } from "../src/testing/index.ts";
import { makeFolder } from "./temporary-folder.ts";

describe("the access store in PGlite", () => {
  // It takes seconds to create a database. All cases use the same one, emptied before each.
  let made: Awaited<ReturnType<typeof makeFolder>>;
  let database: OpenDatabase | undefined;
  let connection: DatabaseConnection | undefined;

  async function open(): Promise<DatabaseConnection> {
    database = await openPglite(join(made.folder, "db"));
    await migrate(database);
    return (connection = new DatabaseConnection(database));
  }

  beforeAll(async () => {
    made = await makeFolder();
    await open();
  });
  afterAll(async () => {
    await connection?.close();
    await made.remove();
  });

  for (const { name, run } of accessStoreCases(async () => {
    // The audit table cannot be emptied, not even by its owner, while its triggers are on.
    for (const statement of [
      sql`alter table tributary.audit disable trigger user`,
      sql`truncate tributary.admin_tokens, tributary.audit, tributary.populations, tributary.devices`,
      sql`alter table tributary.audit enable trigger user`,
    ]) {
      await database?.db.execute(statement);
    }
    return {
      store: new PostgresAccessStore(connection ?? (await open())),
      reopen: async () => {
        await connection?.close();
        return new PostgresAccessStore(await open());
      },
      dispose: async () => {},
    };
  })) {
    it(name, run);
  }
});
