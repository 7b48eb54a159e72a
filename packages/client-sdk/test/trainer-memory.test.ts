// Counts the memory that trainers leave behind. The file has a process of its own, because the
// garbage of other tests would be counted too.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as tf from "@tensorflow/tfjs";
import { builtinModel } from "@tributary/protocol";
import { describe, expect, it } from "vitest";
import type { Examples } from "../src/index.ts";
import { createFusedTrainer } from "../src/training/fused/fused-trainer.ts";
import type { LocalTrainer, TrainRequest } from "../src/training/local-trainer.ts";
import { createTfjsTrainer } from "../src/training/tfjs-trainer.ts";
import { planFor } from "./support/model-task.ts";
import { testRandom } from "./support/test-random.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const SESSIONS = 1000;
const SLOW = { timeout: 60_000 };
/**
 * The number of sessions after which everything that is made once and kept (code, tables of the
 * platform) exists.
 */
const WARM = 100;
/**
 * The bytes that may be added from session WARM to the last one: 5.5 kB a session. About 1.3 kB of
 * those are the disposed trainers, which the test itself holds, and 1.5 kB are names that tfjs
 * never forgets. A leak would be larger: a checkpoint has 31 kB, a network 200 kB.
 */
const MOST_GROWTH = 5_000_000;

type Engine = readonly [name: string, create: () => Promise<LocalTrainer>];

const FUSED: readonly Engine[] = [
  ["fused trainer", () => createFusedTrainer({ backend: "wasm" })],
  ["fused trainer's plain twin", () => createFusedTrainer({ backend: "reference" })],
];
const TFJS: Engine = ["tfjs trainer", () => createTfjsTrainer({ backend: "cpu" })];

const { description, values } = builtinModel("logistic-regression", testRandom(1));
const examples: Examples = {
  features: Float32Array.from({ length: 2 * 784 }, (_, i) => (i % 9) / 9),
  ...{ featureShape: [784], labels: Int32Array.of(1, 2), labelShape: [], count: 2 },
};
const plan = planFor(description, { batchSize: 2 });
const request: TrainRequest = { plan, weights: values, examples, random: testRandom(2) };

describe("a thousand sessions", () => {
  it.each([...FUSED, TFJS])("with a %s for each leave nothing behind", SLOW, async (_, create) => {
    const disposed: LocalTrainer[] = [];
    const growth = await growthOver(async () => {
      const trainer = await create();
      await trainer.train(request);
      await trainer.evaluate(request);
      trainer.dispose();
      disposed.push(trainer);
    });
    expect(growth).toEqual({ bytes: expect.toSatisfy(isSmall), tensors: 0 });
    expect(disposed).toHaveLength(SESSIONS);
  });

  it.each(FUSED)("with one %s leave nothing behind", SLOW, async (_, create) => {
    const trainer = await create();
    const { weights } = await trainer.train(request);
    let last = weights;
    const partly = planFor(description, { trainable: ["output"] });
    const terms = { proximal: 0.1, exampleClipNorm: 1 };
    const broken = (): never => {
      throw new Error("The app's own fault");
    };
    let session = 0;
    const growth = await growthOver(async () => {
      session += 1;
      // In the first half, another plan is trained now and then, so that the model is built again.
      if (session < SESSIONS / 2 && session % 20 === 0)
        await trainer.train({ ...request, plan: partly });
      await expect(trainer.train({ ...request, terms, onProgress: broken })).rejects.toThrow("own");
      last = (await trainer.train(request)).weights;
      await trainer.predict({ ...request, ...examples });
    });
    expect(growth).toEqual({ bytes: expect.toSatisfy(isSmall), tensors: 0 });
    expect(last).toEqual(weights);
    trainer.dispose();
  });
});

const isSmall = (bytes: number): boolean => bytes < MOST_GROWTH;

interface InUse {
  /** Memory of the heap and outside of it, which includes that of WebAssembly. */
  readonly bytes: number;
  readonly tensors: number;
}

/** The growth during the sessions after the first `WARM` ones. */
async function growthOver(session: () => Promise<void>): Promise<InUse> {
  for (let done = 0; done < WARM; done++) await session();
  const before = inUse();
  for (let done = WARM; done < SESSIONS; done++) await session();
  const after = inUse();
  return { bytes: after.bytes - before.bytes, tensors: after.tensors - before.tensors };
}

function inUse(): InUse {
  // The memory of array buffers is freed in the background. The second collection waits for that of
  // the first.
  collectGarbage();
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return { bytes: heapUsed + external, tensors: tf.memory().numTensors };
}
