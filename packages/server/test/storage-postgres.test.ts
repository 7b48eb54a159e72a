import { afterAll, beforeAll, describe, it } from "vitest";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { openPostgresStore } from "../src/storage/open-storage.ts";
import { checkpointStoreCases, roundStoreCases } from "../src/testing/index.ts";
import { startPostgres, type PostgresServer } from "./postgres-server.ts";

const crypto = createNodeCryptoProvider();
let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.stop());

describe("the round store in Postgres", () => {
  for (const { name, run } of roundStoreCases(async () => {
    const url = await server.createDatabase();
    let storage = await openPostgresStore({ url, crypto });
    return {
      storage,
      reopen: async () => {
        await storage.close();
        storage = await openPostgresStore({ url, crypto });
        return storage;
      },
      dispose: async () => {
        await storage.close();
        await server.dropDatabase(url);
      },
    };
  })) {
    it(name, run);
  }
});

describe("the checkpoint store in Postgres", () => {
  for (const { name, run } of checkpointStoreCases(async () => {
    const url = await server.createDatabase();
    let storage = await openPostgresStore({ url, crypto });
    return {
      store: storage.checkpoints,
      corrupt: async () => {
        await server.query(
          "update tributary.checkpoint_chunks set bytes = set_byte(bytes, 5, 1 - get_byte(bytes, 5) / 128) where index = 1",
          new URL(url).pathname.slice(1),
        );
      },
      reopen: async () => {
        await storage.close();
        storage = await openPostgresStore({ url, crypto });
        return storage.checkpoints;
      },
      dispose: async () => {
        await storage.close();
        await server.dropDatabase(url);
      },
    };
  })) {
    it(name, run);
  }
});
