import { describe, expect, it } from "vitest";
import {
  memoryShelf,
  openExampleStore,
  type ExampleReader,
  type ExampleSource,
  type ExampleStore,
  type LocalTrainer,
} from "../../src/index.ts";
import { lineExamples } from "../support/linear-task.ts";
import { LinearTrainer } from "../support/linear-trainer.ts";
import { begin, stage } from "../support/participant.ts";

/** A store on the device with the examples of the tests, and what has become of its readers. */
async function watchedStore() {
  const store = await openExampleStore({ name: "test" }, { shelf: memoryShelf(500) });
  await store.add(lineExamples());
  const seen = { opened: 0, closed: 0 };
  const watched: ExampleStore = {
    count: () => store.count(),
    load: () => store.load(),
    async open() {
      const reader = await store.open();
      seen.opened += 1;
      const close = reader.close.bind(reader);
      reader.close = () => {
        seen.closed += 1;
        close();
      };
      return reader;
    },
  };
  return { watched, seen };
}

/** Trains on what a reader reads, and keeps what it was given. */
function readingTrainer() {
  const linear = new LinearTrainer();
  const given: ExampleSource[] = [];
  const trainer: LocalTrainer = {
    takesReaders: true,
    async train(request) {
      given.push(request.examples);
      const reader = request.examples as ExampleReader;
      const order = Uint32Array.from({ length: reader.count }, (_, i) => i);
      const { value } = await reader.batches(order, reader.count).next();
      return linear.train({ ...request, examples: value });
    },
    evaluate: () => Promise.reject(new Error("no evaluation was asked for")),
    predict: () => Promise.reject(new Error("no prediction was asked for")),
    dispose: () => {},
  };
  return { trainer, given };
}

describe("a client with a store of examples", () => {
  it("has a trainer that takes readers read them, and closes the reader after the round", async () => {
    const payloads: Uint8Array[] = [];
    const { watched, seen } = await watchedStore();
    const { trainer, given } = readingTrainer();
    for (const options of [{}, { examples: watched, trainer }]) {
      const set = stage(options);
      const { reader, connection } = await begin(set);
      const count = lineExamples().count;
      expect(await connection.checkIn()).toMatchObject({ exampleCount: count });
      const { roundId } = connection.configure(set.model);
      const { payload } = await connection.takeReportAfterConfigured(roundId);
      payloads.push(payload);
      await reader.leave();
    }
    expect(given).toHaveLength(1);
    expect(payloads[1]).toEqual(payloads[0]);
    expect(seen).toEqual({ opened: 1, closed: 1 });
  });

  it("has another trainer train on examples in memory", async () => {
    const { watched, seen } = await watchedStore();
    const set = stage({ examples: watched });
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    const { roundId } = connection.configure(set.model);
    await connection.takeReportAfterConfigured(roundId);
    expect(set.trainer.trainings).toBe(1);
    expect(seen.opened).toBe(0);
    await reader.leave();
  });
});
