import { builtinModel } from "@tributary/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  createFusedTrainer,
  memoryShelf,
  openExampleStore,
  type ExampleReader,
  type ExampleStoreOptions,
  type Examples,
  type FusedTrainer,
} from "../../src/index.ts";
import { rejectionOf } from "../support/rejection.ts";
import { planFor } from "../support/model-task.ts";
import { testRandom } from "../support/test-random.ts";

/** Images as most are: 255ths of bytes. */
const EXAMPLES: Examples = {
  features: Float32Array.from({ length: 157 * 784 }, (_, i) => ((i * 37 + (i >> 7)) % 256) / 255),
  featureShape: [784],
  labels: Int32Array.from({ length: 157 }, (_, i) => (3 * i) % 10),
  labelShape: [],
  count: 157,
};

const { description, values } = builtinModel("mlp-64", testRandom(1));
const plan = planFor(description, { batchSize: 10, localEpochs: 2 });

/** A reader of the examples, in blocks of nine of them. */
async function readerOf(
  examples: Examples,
  options: Partial<ExampleStoreOptions> = {},
): Promise<ExampleReader> {
  const store = await openExampleStore({ name: "test", ...options }, { shelf: memoryShelf(7_500) });
  await store.add(examples);
  return store.open();
}

describe("a training on a reader of examples", () => {
  let trainer: FusedTrainer;
  beforeAll(async () => {
    trainer = await createFusedTrainer({ backend: "wasm" });
  });
  afterAll(() => trainer.dispose());

  const train = (examples: Examples | ExampleReader, rows?: Uint32Array) =>
    trainer.train({ plan, weights: values, examples, rows, random: testRandom(5) });

  it("gives the bits and the metrics of the same examples in memory, however little is read ahead", async () => {
    const expected = await train(EXAMPLES);
    // All of them at once, and a half of 40 of them at a time.
    for (const readAheadBytes of [1e6, 40 * 784]) {
      const reader = await readerOf(EXAMPLES, { readAheadBytes });
      expect(await train(reader)).toEqual(expected);
      reader.close();
    }
  });

  it("gives those of chosen rows", async () => {
    const rows = Uint32Array.of(5, 4, 150, 3, 3, 77);
    expect(await train(await readerOf(EXAMPLES), rows)).toEqual(await train(EXAMPLES, rows));
  });

  it("measures as examples in memory are measured", async () => {
    const request = { plan, weights: values };
    const expected = await trainer.measure({ ...request, examples: EXAMPLES });
    const reader = await readerOf(EXAMPLES, { readAheadBytes: 40 * 784 });
    expect(await trainer.measure({ ...request, examples: reader })).toEqual(expected);
  });

  it("says which example does not fit the plan", async () => {
    const labels = EXAMPLES.labels.map((label, i) => (i === 133 ? 10 : label));
    const error = await rejectionOf(train(await readerOf({ ...EXAMPLES, labels })));
    expect(error).toMatchObject({ code: "EXAMPLES_INVALID", context: { index: 133 } });
    expect(error.message).toContain("Example 133 has the label 10");
    const flat = { ...EXAMPLES, featureShape: [392], count: 314, labels: new Int32Array(314) };
    expect((await rejectionOf(train(await readerOf(flat)))).message).toContain("[392]");
  });

  it("refuses a reader that gives fewer examples than it was asked for", async () => {
    const reader = await readerOf(EXAMPLES);
    const short: ExampleReader = {
      ...{ featureShape: [784], labelShape: [], count: 157 },
      async *batches(order, size) {
        yield* reader.batches(order.subarray(0, 25), size);
      },
      close: () => {},
    };
    const error = await rejectionOf(train(short));
    expect(error).toMatchObject({ code: "EXAMPLES_INVALID" });
    expect(error.message).toContain("5 examples where 10 were asked for");
  });

  it("reads each block once or twice in an epoch where the app asks for windows", async () => {
    const shelf = memoryShelf(7_500);
    const options = { name: "test", shuffle: "windows", readAheadBytes: 40 * 784 } as const;
    const store = await openExampleStore(options, { shelf });
    await store.add(EXAMPLES);
    const reader = await store.open();
    const order = reader.shuffle!(testRandom(9));
    expect(Array.from(order.toSorted())).toEqual(Array.from({ length: 157 }, (_, i) => i));
    expect(order.slice(0, 20).toSorted()).not.toEqual(order.slice(0, 20));
    let reads = 0;
    const { blocks } = shelf;
    shelf.blocks = (ids) => {
      reads += ids.length;
      return blocks(ids);
    };
    for await (const _ of reader.batches(order, 10));
    expect(reads).toBeLessThanOrEqual(2 * Math.ceil(157 / 9));
  });
});
