import { eq } from "drizzle-orm";
import type { IdentityStore } from "../identity-store.ts";
import type { DatabaseConnection } from "./database-connection.ts";
import { serverIdentity } from "./schema.ts";

/** The key of the one row that the table has. */
const ROW = "server";

/** `IdentityStore` in one row. Whoever opened the connection closes it. */
export class PostgresIdentityStore implements IdentityStore {
  readonly #connection: DatabaseConnection;

  constructor(connection: DatabaseConnection) {
    this.#connection = connection;
  }

  serverKey(): Promise<string | undefined> {
    return this.#connection.run(async ({ db }) => {
      const [row] = await db.select().from(serverIdentity).where(eq(serverIdentity.name, ROW));
      return row?.serverKey;
    });
  }

  async setServerKey(serverKey: string): Promise<void> {
    await this.#connection.write((tx) =>
      tx
        .insert(serverIdentity)
        .values({ name: ROW, serverKey })
        .onConflictDoUpdate({ target: serverIdentity.name, set: { serverKey } }),
    );
  }
}
