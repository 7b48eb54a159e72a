import { describe, it } from "vitest";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { MemoryCheckpointStore, openMemoryStore } from "../src/storage/memory.ts";
import { accessStoreCases, checkpointStoreCases, roundStoreCases } from "../src/testing/index.ts";

const crypto = createNodeCryptoProvider();

describe("the round store in memory", () => {
  for (const { name, run } of roundStoreCases(async () => {
    const storage = openMemoryStore({ crypto });
    return { storage, dispose: () => storage.close() };
  })) {
    it(name, run);
  }
});

describe("the checkpoint store in memory", () => {
  for (const { name, run } of checkpointStoreCases(async () => {
    const store = new MemoryCheckpointStore(crypto);
    return { store, dispose: () => store.close() };
  })) {
    it(name, run);
  }
});

describe("the access store in memory", () => {
  for (const { name, run } of accessStoreCases(async () => {
    const storage = openMemoryStore({ crypto });
    return { store: storage.access, dispose: () => storage.close() };
  })) {
    it(name, run);
  }
});
