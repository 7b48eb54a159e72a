import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "vitest";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { FileCheckpointStore } from "../src/storage/files.ts";
import { openEmbeddedStore } from "../src/storage/open-storage.ts";
import { checkpointStoreCases, roundStoreCases } from "../src/testing/index.ts";
import { makeFolder } from "./temporary-folder.ts";

const crypto = createNodeCryptoProvider();

describe("the embedded round store", () => {
  // Making a database takes seconds, so each case gets a copy of one that was made once.
  let made: Awaited<ReturnType<typeof makeFolder>>;
  beforeAll(async () => {
    made = await makeFolder();
    await (await openEmbeddedStore({ folder: made.folder, crypto })).close();
  });
  afterAll(() => made?.remove());

  for (const { name, run } of roundStoreCases(async () => {
    const { folder, remove } = await makeFolder();
    await cp(made.folder, folder, { recursive: true });
    let storage = await openEmbeddedStore({ folder, crypto });
    return {
      storage,
      reopen: async () => {
        await storage.close();
        storage = await openEmbeddedStore({ folder, crypto });
        return storage;
      },
      dispose: async () => {
        await storage.close();
        await remove();
      },
    };
  })) {
    it(name, run);
  }
});

describe("checkpoint files", () => {
  for (const { name, run } of checkpointStoreCases(async () => {
    const { folder, remove } = await makeFolder();
    let store = await FileCheckpointStore.open({ folder, crypto });
    return {
      store,
      corrupt: async (id) => {
        const path = join(folder, id);
        const bytes = await readFile(path);
        bytes[5] = (bytes[5] ?? 0) ^ 1;
        await writeFile(path, bytes);
      },
      reopen: async () => {
        await store.close();
        store = await FileCheckpointStore.open({ folder, crypto });
        return store;
      },
      dispose: async () => {
        await store.close();
        await remove();
      },
    };
  })) {
    it(name, run);
  }
});
