import { ManualClock } from "@tributary/protocol/testing";
import { describe, expect, it } from "vitest";
import {
  memoryShelf,
  openExampleStore,
  takeExamples,
  type ExampleShelf,
  type ExampleStoreOptions,
  type Examples,
  type StoredExamples,
} from "../../src/index.ts";
import { rejectionOf } from "../support/rejection.ts";

/** Examples of two features, the first of which tells them apart. */
function numbered(from: number, count: number, step = 1): Examples {
  return {
    features: Float32Array.from({ length: 2 * count }, (_, i) =>
      i % 2 === 0 ? (from + i / 2) * step : 0.1,
    ),
    featureShape: [2],
    labels: Int32Array.from({ length: count }, (_, i) => (from + i) % 3),
    labelShape: [],
    count,
  };
}

/** The numbers of examples that `numbered` has made. */
const numbersOf = ({ features }: Examples): number[] =>
  Array.from(features).filter((_, i) => i % 2 === 0);

/** A store whose blocks have room for about ten examples. */
function open(
  options: Partial<ExampleStoreOptions> = {},
  shelf: ExampleShelf = memoryShelf(64 + 10 * 20),
  clock = new ManualClock(1_000_000),
): Promise<StoredExamples> {
  return openExampleStore({ name: "test", ...options }, { shelf, clock });
}

describe("a store of examples", () => {
  it("gives back what was added, bit for bit and in that order", async () => {
    const store = await open();
    await store.add(numbered(0, 25));
    await store.add(numbered(25, 3));
    await store.add({ features: [28, 0.1], label: 1 });
    expect(await store.count()).toBe(29);
    const loaded = await store.load();
    expect(loaded.features).toEqual(numbered(0, 29).features);
    expect(loaded.labels).toEqual(numbered(0, 29).labels);
    expect(loaded).toMatchObject({ featureShape: [2], labelShape: [], count: 29 });
  });

  it("is the same when it is opened again, and refuses another form", async () => {
    const shelf = memoryShelf(264);
    await (await open({}, shelf)).add(numbered(0, 12));
    expect(numbersOf(await (await open({ featureShape: [2] }, shelf)).load())).toHaveLength(12);
    const error = await rejectionOf(open({ featureShape: [3] }, shelf));
    expect(error).toMatchObject({ code: "EXAMPLES_INVALID" });
    expect(error.message).toContain("[3], and the store's is [2]");
  });

  it("stores bytes and 255ths of bytes in a quarter of the room, and keeps every bit", async () => {
    const images: Examples = {
      features: Float32Array.from({ length: 5 * 256 }, (_, i) => (i % 256) / 255),
      featureShape: [16, 16],
      labels: Float32Array.of(0.5, 1, 2, 3, 4),
      labelShape: [1],
      count: 5,
    };
    const store = await open({ encryption: false }, memoryShelf());
    await store.add(images);
    expect(await store.storedBytes()).toBeLessThan(5 * 256 + 100);
    expect((await store.load()).features).toEqual(images.features);
    const odd = { ...images, features: images.features.map((value) => -value) };
    await store.add(odd);
    const { features } = await store.load();
    expect(Object.is(features[5 * 256], -0)).toBe(true);
    expect(features.subarray(5 * 256)).toEqual(odd.features);
  });

  it("takes changes that are made at once one after the other", async () => {
    const shelf = memoryShelf(264);
    const [one, other] = [await open({}, shelf), await open({}, shelf)];
    await Promise.all([0, 1, 2, 3].map((i) => (i % 2 ? one : other).add(numbered(10 * i, 10))));
    expect(await one.count()).toBe(40);
    expect(new Set(numbersOf(await other.load())).size).toBe(40);
  });

  it("says what is wrong with examples when they are added, and stores none of them", async () => {
    const store = await open({ classes: 3 });
    await store.add(numbered(0, 2));
    const refused = async (change: Partial<Examples>, words: string): Promise<void> => {
      const error = await rejectionOf(store.add({ ...numbered(0, 4), ...change }));
      expect(error.code).toBe("EXAMPLES_INVALID");
      expect(error.message).toContain(words);
      expect(await store.count()).toBe(2);
    };
    await refused(
      { features: Float32Array.of(1, 2, 3, 4, NaN, 6, 7, 8) },
      "Example 2 has a feature",
    );
    await refused({ labels: Int32Array.of(0, 1, 2, 3) }, "Example 3 has the label 3, but classes");
    await refused(
      { labels: Float32Array.of(0, 1, Infinity, 2) },
      "Example 2 has a label that is not",
    );
    await refused({ features: new Float32Array(7) }, "The features have 7 values");
    await refused({ featureShape: [1, 2] }, "shape [1,2], and the store's is [2]");
    await refused({ labels: Float32Array.of(0, 1, 0.5, 2) }, "Example 2 has the label 0.5");
  });

  it("refuses one-hot labels without a one, and probabilities that do not add up to one", async () => {
    const store = await open({ classes: 2, labelShape: [2] });
    const add = (...labels: number[]) =>
      store.add({ ...numbered(0, 2), labelShape: [2], labels: Float32Array.from(labels) });
    await add(0, 1, 0.25, 0.75);
    expect((await rejectionOf(add(0, 1, 0, 0))).message).toContain("Example 1 belongs to no class");
    expect((await rejectionOf(add(1, 1, 0, 1))).message).toContain("add up to 2");
    expect((await rejectionOf(add(1.5, -0.5, 0, 1))).message).toContain("not a probability");
  });

  it("warns of features beyond a million, and stores them", async () => {
    const store = await open();
    const { warnings } = await store.add(numbered(0, 12, 1e5));
    expect(warnings).toMatchObject([{ kind: "large-value", index: 11, count: 1 }]);
    expect(warnings[0]?.message).toContain("example 11");
    expect(await store.count()).toBe(12);
  });
});

describe("a query of stored examples", () => {
  async function filled(): Promise<StoredExamples> {
    const store = await open();
    // Example i was made at second i, but for the last five, which were made before all others.
    const times = Array.from({ length: 45 }, (_, i) => (i < 40 ? 1000 * i : i - 45));
    await store.add(numbered(0, 45), { at: times.map((time) => time + 960_000) });
    return store;
  }

  it("gives the newest, in the order in which they were added", async () => {
    const newest = (await filled()).query({ newest: 7 });
    expect(await newest.count()).toBe(7);
    expect(numbersOf(await newest.load())).toEqual([33, 34, 35, 36, 37, 38, 39]);
    const all = (await filled()).query({ newest: 42 });
    expect(numbersOf(await all.load()).slice(38)).toEqual([38, 39, 43, 44]);
  });

  it("gives those that are not too old, and those with certain labels", async () => {
    const store = await filled();
    expect(numbersOf(await store.query({ maxAgeMs: 4000 }).load())).toEqual([36, 37, 38, 39]);
    expect(numbersOf(await store.query({ labels: [1], newest: 3 }).load())).toEqual([31, 34, 37]);
    const none = store.query({ labels: [9] });
    expect(await none.count()).toBe(0);
    expect(await rejectionOf(none.load())).toMatchObject({ code: "EXAMPLES_INVALID" });
  });

  it("reads one block for the newest of many that were added at the same time", async () => {
    const shelf = memoryShelf(264);
    const store = await open({}, shelf);
    await store.add(numbered(0, 95));
    let reads = 0;
    const blocks = shelf.blocks.bind(shelf);
    shelf.blocks = (ids) => blocks(ids).finally(() => (reads += ids.length));
    expect(await store.query({ newest: 12 }).count()).toBe(12);
    expect(reads).toBe(1);
    const { features } = await store.query({ newest: 12 }).load();
    expect(features).toEqual(numbered(83, 12).features);
  });

  it.each([{ newest: 0 }, { newest: 1.5 }, { maxAgeMs: -1 }])("refuses %o", async (criteria) => {
    const error = await rejectionOf((await filled()).query(criteria).count());
    expect(error).toMatchObject({ code: "BAD_PARAMETER" });
  });
});

describe("retention and quota of stored examples", () => {
  it("keep no more examples than they allow, and drop the oldest", async () => {
    const store = await open({ retention: { maxCount: 15 } });
    expect(await store.add(numbered(0, 12))).toMatchObject({ added: 12, dropped: 0 });
    expect(await store.add(numbered(12, 12))).toMatchObject({ added: 12, dropped: 9 });
    expect(numbersOf(await store.load())).toEqual(numbersOf(numbered(9, 15)));
  });

  it("drop what has become too old when the store is opened", async () => {
    const shelf = memoryShelf(264);
    const clock = new ManualClock(1_000_000);
    const store = await open({}, shelf, clock);
    await store.add(numbered(0, 5));
    await store.add(numbered(5, 5), { at: new Date(1_050_000) });
    clock.step(70_000);
    const again = await open({ retention: { maxAgeMs: 60_000 } }, shelf, clock);
    expect(numbersOf(await again.load())).toEqual([5, 6, 7, 8, 9]);
  });

  it("refuse what exceeds the quota, or drop the oldest blocks for it", async () => {
    const strict = await open({ quota: { bytes: 600 } });
    await strict.add(numbered(0, 20));
    expect(await rejectionOf(strict.add(numbered(20, 20)))).toMatchObject({ code: "STORAGE_FULL" });
    expect(await strict.count()).toBe(20);
    const rolling = await open({ quota: { bytes: 600, whenFull: "drop-oldest" } });
    await rolling.add(numbered(0, 20));
    const { dropped } = await rolling.add(numbered(20, 10));
    expect(dropped).toBe(10);
    expect(numbersOf(await rolling.load())).toEqual(numbersOf(numbered(10, 20)));
    expect(await rolling.storedBytes()).toBeLessThanOrEqual(600);
  });

  it("leave alone what a reader reads until it is closed", async () => {
    const shelf = memoryShelf(264);
    const store = await open({ retention: { maxCount: 10 } }, shelf);
    await store.add(numbered(0, 10));
    const reader = await store.open();
    await store.add(numbered(10, 10));
    const order = Uint32Array.from({ length: 10 }, (_, i) => i);
    for await (const batch of reader.batches(order, 10)) {
      expect(numbersOf(batch)).toEqual(numbersOf(numbered(0, 10)));
    }
    expect(await shelf.records()).toBe(4);
    reader.close();
    await store.count();
    expect(await shelf.records()).toBe(3);
  });
});

describe("the encryption of stored examples", () => {
  const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

  /** A shelf, and what has been kept on it. */
  function watched() {
    const shelf = memoryShelf(264);
    const kept = new Map<number, Uint8Array<ArrayBuffer>>();
    const commit = shelf.commit.bind(shelf);
    shelf.commit = (change) => {
      for (const [id, bytes] of change.put) kept.set(id, bytes);
      return commit(change);
    };
    return { shelf, kept };
  }

  it("is on unless the app says otherwise", async () => {
    const [plain, sealed] = [watched(), watched()];
    await (await open({ encryption: false }, plain.shelf)).add(numbered(0, 9, 1.5));
    await (await open({}, sealed.shelf)).add(numbered(0, 9, 1.5));
    const features = text(new Uint8Array(numbered(0, 9, 1.5).features.buffer));
    expect(text([...plain.kept.values()][0]!)).toContain(features);
    expect(text([...sealed.kept.values()][0]!)).not.toContain(features.slice(0, 8));
    const error = await rejectionOf(open({}, plain.shelf));
    expect(error).toMatchObject({ code: "BAD_PARAMETER" });
    expect(error.message).toContain("encryption: false");
  });

  it.each([
    ["changed", (bytes: Uint8Array[]) => (bytes[0]![40]! ^= 1)],
    ["put in the place of another", (bytes: Uint8Array[]) => bytes[0]!.set(bytes[1]!)],
  ])("finds a block that was %s", async (_, tamper) => {
    const { shelf, kept } = watched();
    const store = await open({}, shelf);
    await store.add(numbered(0, 20));
    tamper([...kept.values()]);
    expect(await rejectionOf(store.load())).toMatchObject({ code: "STORAGE_DAMAGED" });
  });

  it("finds a catalogue that was changed, and one of a newer version", async () => {
    const { shelf } = watched();
    await (await open({}, shelf)).add(numbered(0, 20));
    const { bytes } = (await shelf.catalogue())!;
    bytes[20]! ^= 1;
    expect(await rejectionOf(open({}, shelf))).toMatchObject({ code: "STORAGE_DAMAGED" });
    bytes[20]! ^= 1;
    bytes[4] = 2;
    const newer = await rejectionOf(open({}, shelf));
    expect(newer).toMatchObject({ code: "STORAGE_NEWER" });
    expect(newer.message).toContain("reload it");
  });

  it("finds a block that is missing, and says so when the key is lost", async () => {
    const { shelf } = watched();
    const store = await open({}, shelf);
    await store.add(numbered(0, 20));
    const { blocks } = shelf;
    shelf.blocks = (ids) => Promise.resolve(ids.map(() => undefined));
    expect((await rejectionOf(store.load())).message).toContain("is missing");
    shelf.blocks = blocks;
    shelf.key = () => Promise.resolve(undefined);
    const error = await rejectionOf(open({}, shelf));
    expect(error).toMatchObject({ code: "STORAGE_DAMAGED" });
    expect(error.message).toContain("key of the stored examples is lost");
  });

  it("takes the app's own key", async () => {
    const { shelf } = watched();
    const key = new Uint8Array(32).fill(7);
    await (await open({ key }, shelf)).add(numbered(0, 4));
    expect(await shelf.records()).toBe(2);
    expect(await (await open({ key }, shelf)).count()).toBe(4);
    const other = new Uint8Array(32).fill(8);
    expect(await rejectionOf(open({ key: other }, shelf))).toMatchObject({
      code: "STORAGE_DAMAGED",
    });
  });

  it("ends with the key when the store is erased, which is then empty and can be filled", async () => {
    const { shelf } = watched();
    const store = await open({}, shelf);
    await store.add(numbered(0, 20));
    const before = await shelf.key();
    await store.erase();
    expect(await shelf.records()).toBe(0);
    expect(await store.count()).toBe(0);
    expect(await store.form()).toBeUndefined();
    await store.add({ features: [1, 2, 3], label: 0.5 });
    expect(await store.count()).toBe(1);
    expect(await shelf.key()).not.toBe(before);
  });

  it("does not call a store erased of which something is left", async () => {
    const { shelf } = watched();
    const store = await open({}, shelf);
    await store.add(numbered(0, 20));
    shelf.erase = () => Promise.resolve();
    const error = await rejectionOf(store.erase());
    expect(error).toMatchObject({ code: "STORAGE_DAMAGED" });
    expect(error.message).toContain("4 records are left");
  });
});

describe("a reader of stored examples", () => {
  it("reads any order in batches", async () => {
    const store = await open();
    const examples = numbered(0, 53);
    await store.add(examples);
    const reader = await store.open();
    const order = Uint32Array.from({ length: 60 }, (_, i) => (i * 37) % 53);
    const read: number[] = [];
    for await (const batch of reader.batches(order, 7)) {
      const rows = order.subarray(read.length, read.length + batch.count);
      const { features, labels } = takeExamples(examples, rows);
      expect(batch.features).toEqual(features);
      expect(batch.labels).toEqual(labels);
      read.push(...numbersOf(batch));
    }
    expect(read).toHaveLength(60);
  });

  it("fails when the store was erased meanwhile", async () => {
    const store = await open();
    await store.add(numbered(0, 20));
    const reader = await store.open();
    await store.erase();
    const read = async (): Promise<void> => {
      for await (const _ of reader.batches(Uint32Array.of(1), 1)) expect.unreachable();
    };
    expect(await rejectionOf(read())).toMatchObject({ code: "STORAGE_DAMAGED" });
  });

  it("is refused once the store is closed", async () => {
    const store = await open();
    await store.add(numbered(0, 20));
    await store.close();
    expect(await rejectionOf(store.open())).toMatchObject({ code: "BAD_PARAMETER" });
  });
});
