import { builtinModel } from "@tributary/protocol";
import { describe, expect, it } from "vitest";
import { createTrainer, type Examples, type Trainer, type TrainResult } from "../src/index.ts";
import type { TrainRequest } from "../src/training/local-trainer.ts";
import { planFor } from "./support/model-task.ts";
import { testRandom } from "./support/test-random.ts";

const { description, values } = builtinModel("logistic-regression", testRandom(1));
const examples: Examples = {
  features: Float32Array.from({ length: 6 * 784 }, (_, i) => (i % 9) / 9),
  ...{ featureShape: [784], labels: Int32Array.of(1, 2, 3, 4, 5, 6), labelShape: [], count: 6 },
};
const plan = planFor(description, { batchSize: 2 });

/** Requests of three clients, of which each has rows of its own. */
const requests: readonly TrainRequest[] = [
  [0, 1, 2],
  [3, 4],
  [5, 0, 2],
].map((rows, client) => ({
  ...{ plan, weights: values, examples, rows: Uint32Array.from(rows) },
  random: testRandom(client),
}));

const bytesOf = ({ weights, ...rest }: TrainResult): unknown => [Buffer.from(weights.buffer), rest];

/** A function that gives one request after the other. */
function inOrder(all: readonly TrainRequest[]): () => TrainRequest | undefined {
  let taken = 0;
  return () => all[taken++];
}

describe.each(["fused", "tfjs"] as const)("trainings in one call (%s)", (engine) => {
  const withTrainer = async (use: (trainer: Trainer) => Promise<void>): Promise<void> => {
    const trainer = await createTrainer({ engine, ...(engine === "tfjs" && { backend: "cpu" }) });
    try {
      await use(trainer);
    } finally {
      trainer.dispose();
    }
  };

  it("give what calls of their own give, each before the next is asked for", () =>
    withTrainer(async (trainer) => {
      const alone: unknown[] = [];
      for (const request of requests) alone.push(bytesOf(await trainer.train(request)));
      const order: string[] = [];
      const together: unknown[] = [];
      const next = inOrder(requests);
      await trainer.trainEach({ plan, next: () => (order.push("asked"), next()) }, (result) => {
        order.push("trained");
        together.push(bytesOf(result));
      });
      expect(together).toEqual(alone);
      const each = ["asked", "trained"];
      expect(order).toEqual([...each, ...each, ...each, "asked"]);
    }));

  it("end with the first error, and leave the trainer usable", () =>
    withTrainer(async (trainer) => {
      const results: TrainResult[] = [];
      const spoilt = { ...requests[1]!, weights: values.map(() => Number.NaN) };
      const next = inOrder([requests[0]!, spoilt, requests[2]!]);
      const failing = trainer.trainEach({ plan, next }, (result) => results.push(result));
      await expect(failing).rejects.toMatchObject({ code: "TRAINING_FAILED" });
      expect(results).toHaveLength(1);
      await expect(trainer.train(requests[0]!)).resolves.toMatchObject({ exampleCount: 3 });
    }));

  it("stop when they are told to", () =>
    withTrainer(async (trainer) => {
      const stop = new AbortController();
      const asked = { plan, next: inOrder(requests), signal: stop.signal };
      await expect(trainer.trainEach(asked, () => stop.abort())).rejects.toMatchObject({
        code: "ABORTED",
      });
    }));
});
