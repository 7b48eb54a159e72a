// What is known of the native engine where ONNX Runtime is not installed.
import * as tf from "@tensorflow/tfjs";
import { builtinModel, type ModelDescription } from "@tributary/protocol";
import { describe, expect, it } from "vitest";
import { createTrainer } from "../../src/engine-choice/choose-engine.ts";
import { compileTopology } from "../../src/training/fused/compile/compile-topology.ts";
import { operationsPerExample } from "../../src/training/fused/measure.ts";
import { stepOperations, WORTH_OPERATIONS } from "../../src/training/native/step-operations.ts";
import { createNativeTrainer } from "../../src/training/native/no-native-trainer.ts";
import { describeModel, planFor } from "../support/model-task.ts";
import { rejectionOf } from "../support/rejection.ts";
import { testRandom } from "../support/test-random.ts";

describe("the native engine where ONNX Runtime is not installed", () => {
  const cnn = planFor(builtinModel("mcmahan-cnn", testRandom(1)).description, { batchSize: 10 });

  it("is refused by name, with what to install", async () => {
    const error = await rejectionOf(createTrainer({ engine: "native" }));
    expect(error.code).toBe("ENGINE_UNAVAILABLE");
    expect(error.message).toContain("onnxruntime-node");
    expect(error.remedy).toContain("npm install onnxruntime-node@1");
  });

  it("is left out by auto, which goes on with the fused engine", async () => {
    const trainer = await createTrainer();
    expect(await trainer.choose(cnn)).toEqual({
      ...{ engine: "fused", backend: "wasm", reason: "every layer of the model is supported" },
    });
    trainer.dispose();
  });

  it("has no backend to choose", async () => {
    const error = await rejectionOf(createTrainer({ engine: "native", backend: "wasm" }));
    expect(error.code).toBe("BAD_PARAMETER");
  });

  it("is not there in a browser", async () => {
    expect((await rejectionOf(createNativeTrainer())).code).toBe("ENGINE_UNAVAILABLE");
  });

  it("is thought worth loading for steps of a convolutional model, and not for those of a small one", () => {
    const small = builtinModel("mcmahan-2nn", testRandom(1)).description;
    const operationsOf = (plan: typeof cnn): number => stepOperations(compileTopology(plan), 10);
    expect(operationsOf(cnn)).toBeGreaterThan(WORTH_OPERATIONS);
    expect(operationsOf(planFor(small))).toBeLessThan(WORTH_OPERATIONS);
  });

  it.each<[string, () => ModelDescription]>([
    ["convolutions", () => builtinModel("mcmahan-cnn", testRandom(1)).description],
    [
      "recurrent layers",
      () =>
        describeModel(
          tf.sequential({
            layers: [
              tf.layers.lstm({ inputShape: [9, 1], units: 7, returnSequences: true }),
              tf.layers.gru({ units: 5, returnSequences: true }),
              tf.layers.simpleRNN({ units: 6 }),
            ],
          }),
        ).description,
    ],
  ])("is chosen by about as many operations as a step with %s has", (_, make) => {
    const plan = planFor(make());
    const operations = stepOperations(compileTopology(plan), 1);
    // The fused trainer computes no gradient of the model's input, so it needs a little less.
    expect(operations / operationsPerExample(plan)).toBeCloseTo(1, 1);
  });
});
