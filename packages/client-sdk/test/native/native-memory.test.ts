// What the native engine opens and frees, counted where it asks ONNX Runtime for it.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as tf from "@tensorflow/tfjs";
import type { Plan } from "@tributary/protocol";
import { beforeEach, describe, expect, it } from "vitest";
import { EngineTrainer } from "../../src/training/engine-trainer.ts";
import { createReferenceKernels } from "../../src/training/fused/kernels/reference/reference-kernels.ts";
import type { TrainRequest } from "../../src/training/local-trainer.ts";
import { NativeEngine } from "../../src/training/native/native-engine.ts";
import { arithmeticOf } from "../../src/training/native/onnx/arithmetic.ts";
import { GraphWriter } from "../../src/training/native/onnx/graph-writer.ts";
import {
  loadOnnxRuntime,
  type OnnxRuntime,
} from "../../src/training/native/runtime/onnx-runtime.ts";
import { examplesFor } from "../support/odd-models.ts";
import { describeModel, planFor } from "../support/model-task.ts";
import { rejectionOf } from "../support/rejection.ts";
import { testRandom } from "../support/test-random.ts";

const SESSIONS = 1000;
/** After twice as many sessions, everything that is made once is there. */
const WARM = 50;
/** The bytes that the others may add. Each of them that was kept would add 160 kB, and all 144 MB. */
const MOST_GROWTH = 64 * 2 ** 20;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;
function bytesInUse(): number {
  collectGarbage();
  return process.memoryUsage.rss();
}

const softmaxEnd = (inputShape?: number[]): tf.layers.Layer =>
  tf.layers.dense({ units: 3, activation: "softmax", ...(inputShape && { inputShape }) });
/** Its graphs are loaded in little time. */
const small = describeModel(tf.sequential({ layers: [softmaxEnd([4])] }));
const large = describeModel(
  tf.sequential({
    layers: [
      tf.layers.lstm({ inputShape: [4, 3], units: 8, recurrentDropout: 0.2, name: "large" }),
      softmaxEnd(),
    ],
  }),
);
const requestOf = (
  { description, values }: typeof small,
  shape: readonly number[],
  training: Partial<Plan["training"]>,
): TrainRequest => {
  const plan = planFor(description, { batchSize: 2, ...training });
  const examples = examplesFor(plan, shape, 6);
  return { plan, weights: values, examples, random: testRandom(1) };
};
const request = requestOf(large, [4, 3], {});
const inOneBatch = requestOf(large, [4, 3], { batchSize: 6 });

const runtime = loadOnnxRuntime();

describe("the memory of the native engine", () => {
  let open = 0;
  let opened = 0;
  let runs = 0;
  beforeEach(() => {
    open = opened = runs = 0;
  });
  const counting: OnnxRuntime = {
    ...runtime,
    async open(model) {
      const session = await runtime.open(model);
      open += 1;
      opened += 1;
      return {
        run(feeds, fetches) {
          runs += 1;
          return session.run(feeds, fetches);
        },
        async release() {
          open -= 1;
          await session.release();
        },
      };
    },
  };
  const trainerOn = (one: OnnxRuntime): EngineTrainer =>
    new EngineTrainer(new NativeEngine(one, () => Promise.resolve(createReferenceKernels())));
  /** Resolves when what was released has been freed. */
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it("does not grow over a thousand sessions", async () => {
    const briefly = requestOf(small, [4], {});
    let before = 0;
    for (let session = 1; session <= SESSIONS / 2; session++) {
      const trainer = trainerOn(counting);
      await trainer.train(briefly);
      await trainer.evaluate(briefly);
      trainer.dispose();
      await settled();
      expect(open).toBe(0);
      if (session === WARM) before = bytesInUse();
    }
    expect(opened).toBe(SESSIONS);
    expect(bytesInUse() - before).toBeLessThan(MOST_GROWTH);
  }, 120_000);

  it("is that of one plan at a time", async () => {
    const trainer = trainerOn(counting);
    const optimizer = { name: "adam", learningRate: 0.1 } as const;
    const other = requestOf(large, [4, 3], { optimizer });
    for (const one of [request, other, request, other]) await trainer.train(one);
    expect({ open, opened }).toEqual({ open: 1, opened: 4 });
    trainer.dispose();
    await settled();
    expect(open).toBe(0);
  });

  it("is freed when a training is stopped between two batches, and the next one starts afresh", async () => {
    const trainer = trainerOn(counting);
    const { weights } = await trainer.train(request);
    runs = 0;
    const stop = new AbortController();
    const onProgress = (): void => stop.abort();
    const stopped = trainer.train({ ...request, signal: stop.signal, onProgress });
    expect((await rejectionOf(stopped)).code).toBe("ABORTED");
    expect(runs).toBe(1);
    expect((await trainer.train(request)).weights).toEqual(weights);
    trainer.dispose();
    await settled();
    expect(open).toBe(0);
  });

  it("is freed when the trainer is disposed in the middle of a training", async () => {
    const trainer = trainerOn(counting);
    const disposed = trainer.train({ ...request, onProgress: () => trainer.dispose() });
    expect((await rejectionOf(disposed)).code).toBe("ABORTED");
    await settled();
    expect({ open, runs }).toEqual({ open: 0, runs: 1 });
  });

  it("is looked for before a training starts, which says what it needs", async () => {
    let available = 10_000;
    const trainer = trainerOn({ ...counting, availableBytes: () => available });
    const error = await rejectionOf(trainer.train(inOneBatch));
    expect(error).toMatchObject({ code: "MODEL_UNSUPPORTED", context: { layer: "large" } });
    expect(error.message).toMatch(
      /batches of 6 examples needs at least \d+ \w+, and \d+ \w+ are free/,
    );
    expect(error.remedy).toContain("smaller batches");
    expect(opened).toBe(0);
    available = 2 ** 30;
    await trainer.train(inOneBatch);
    trainer.dispose();
  });

  it("is missed with a typed error where ONNX Runtime gets none", async () => {
    const graph = new GraphWriter();
    const many = graph.op("Expand", [graph.input("x", [1]), graph.ints([2 ** 24, 2 ** 22])]);
    graph.output("y", arithmeticOf(graph).total(many), []);
    const run = async (): Promise<unknown> => {
      const session = await runtime.open(graph.finish());
      const x = runtime.tensor(Float32Array.of(1), [1]);
      return session.run({ x }, { y: runtime.tensor(new Float32Array(1), []) });
    };
    expect((await rejectionOf(run())).code).toBe("MODEL_UNSUPPORTED");
  });
});
