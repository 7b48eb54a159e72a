import assert from "node:assert/strict";
import {
  checkpointIdOf,
  seededRandom,
  type CheckpointId,
  type CryptoProvider,
} from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import type { ConformanceCase } from "@tributary/protocol/testing";
import type { CheckpointStore } from "../storage/checkpoint-store.ts";
import { expectFailure } from "./expectations.ts";
import { RecordMaker } from "./storage-records.ts";

/** An empty store for one case. */
export interface CheckpointStoreFixture {
  readonly store: CheckpointStore;
  /** Changes one stored byte. Absent for a store where this is not possible. */
  readonly corrupt?: (id: CheckpointId) => Promise<void>;
  /**
   * Closes the store and opens it again. Absent for a store that does not outlive its process.
   */
  readonly reopen?: () => Promise<CheckpointStore>;
  /** Closes the store and deletes what it holds. */
  readonly dispose: () => Promise<void>;
}

type Run = (fixture: CheckpointStoreFixture, make: RecordMaker) => Promise<void>;

/**
 * The conformance suite of the `CheckpointStore` port, for any test runner.
 *
 * @example
 * for (const { name, run } of checkpointStoreCases(openMine)) it(name, run);
 */
export function checkpointStoreCases(
  open: () => Promise<CheckpointStoreFixture>,
): readonly ConformanceCase[] {
  const crypto = createNodeCryptoProvider();
  return Object.entries(requirements(crypto)).map(([name, requirement]) => ({
    name,
    run: async () => {
      const fixture = await open();
      try {
        await requirement(fixture, new RecordMaker(crypto, seededRandom(crypto, 1)));
      } finally {
        await fixture.dispose();
      }
    },
  }));
}

const MIB = 1_048_576;

function requirements(crypto: CryptoProvider): Readonly<Record<string, Run>> {
  return {
    async "returns the bytes that were put"({ store }, make) {
      // Adapters divide the bytes into chunks. These sizes are nothing, one byte, whole chunks, and
      // a chunk and a part of another.
      for (const size of [0, 1, 4, MIB - 1, MIB, MIB + 1, 3 * MIB + 5]) {
        const { id, bytes } = make.content(size);
        await store.put(id, bytes);
        const read = await store.get(id);
        assert.ok(read !== undefined && Buffer.from(bytes).equals(read), `${size} bytes differ`);
      }
    },

    async "gives plain arrays whose float32 views are aligned"({ store }, make) {
      const { id, bytes } = make.content(400);
      await store.put(id, bytes);
      const read = await store.get(id);
      assert.ok(read !== undefined);
      assert.equal(Object.getPrototypeOf(read), Uint8Array.prototype);
      assert.equal(read.byteOffset, 0);
    },

    async "has nothing that was not put"({ store }, make) {
      const { id } = make.content();
      assert.equal(await store.get(id), undefined);
      assert.equal(await store.has(id), false);
    },

    async "has what was put"({ store }, make) {
      const { id, bytes } = make.content();
      await store.put(id, bytes);
      assert.equal(await store.has(id), true);
    },

    async "puts the same bytes twice, one after the other and at once"({ store }, make) {
      const { id, bytes } = make.content(MIB + 1);
      await Promise.all([store.put(id, bytes), store.put(id, bytes), store.put(id, bytes)]);
      await store.put(id, bytes);
      assert.equal((await store.get(id))?.length, bytes.length);
    },

    async "keeps no reference to the caller's array, before or after"({ store }, make) {
      const { id, bytes } = make.content();
      const before = bytes.slice();
      await store.put(id, bytes);
      assert.deepEqual(bytes, before);
      bytes.fill(0);
      const first = await store.get(id);
      assert.deepEqual(first, before);
      first?.fill(0);
      assert.deepEqual(await store.get(id), before);
    },

    async "takes a view into a larger buffer"({ store }, make) {
      const { bytes } = make.content(1_000);
      const view = bytes.subarray(100, 333);
      const id = checkpointIdOf(crypto, view);
      await store.put(id, view);
      assert.deepEqual(await store.get(id), view.slice());
    },

    async "refuses bytes that do not hash to their name"({ store }, make) {
      const { id } = make.content();
      const { bytes } = make.content();
      await expectFailure("CHECKPOINT_CORRUPT", store.put(id, bytes));
      assert.equal(await store.has(id), false);
    },

    async "reports CHECKPOINT_CORRUPT when stored bytes have changed"({ store, corrupt }, make) {
      if (corrupt === undefined) return;
      const { id, bytes } = make.content(2 * MIB + 9);
      await store.put(id, bytes);
      await corrupt(id);
      await expectFailure("CHECKPOINT_CORRUPT", store.get(id));
    },

    async "writes bytes again that have changed when they are put once more"(
      { store, corrupt },
      make,
    ) {
      if (corrupt === undefined) return;
      const { id, bytes } = make.content(2 * MIB + 9);
      await store.put(id, bytes);
      await corrupt(id);
      await store.put(id, bytes);
      assert.deepEqual(await store.get(id), bytes);
    },

    async "keeps everything after closing and opening again"({ store, reopen }, make) {
      if (reopen === undefined) return;
      const { id, bytes } = make.content(MIB + 7);
      await store.put(id, bytes);
      const again = await reopen();
      assert.deepEqual(await again.get(id), bytes);
    },

    async "takes any number of probes that write, which change nothing"({ store }, make) {
      const { id, bytes } = make.content();
      await store.put(id, bytes);
      for (let probe = 0; probe < 3; probe++) await store.probeWrite();
      assert.deepEqual(await store.get(id), bytes);
    },

    async "answers with STORAGE_UNAVAILABLE once it is closed"({ store }, make) {
      const { id, bytes } = make.content();
      await store.close();
      await store.close();
      await expectFailure("STORAGE_UNAVAILABLE", store.probeWrite());
      await expectFailure("STORAGE_UNAVAILABLE", store.put(id, bytes));
      await expectFailure("STORAGE_UNAVAILABLE", store.get(id));
      await expectFailure("STORAGE_UNAVAILABLE", store.has(id));
    },

    async "finishes what is under way before it closes"({ store, reopen }, make) {
      if (reopen === undefined) return;
      const { id, bytes } = make.content(2 * MIB);
      const put = store.put(id, bytes);
      const again = await reopen();
      await put;
      assert.deepEqual(await again.get(id), bytes);
    },
  };
}
