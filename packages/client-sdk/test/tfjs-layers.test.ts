import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import type { Examples } from "../src/index.ts";
import { createTfjsTrainer } from "../src/training/tfjs-trainer.ts";
import { describeModel, planFor } from "./support/model-task.ts";
import { LAYER_CASES, caseModel, image } from "./support/layer-cases.ts";
import { testRandom } from "./support/test-random.ts";

const { layers } = tf;

function examplesOf(featureShape: readonly number[], whole: boolean): Examples {
  const count = 7;
  const size = featureShape.reduce((product, length) => product * length, 1);
  const value = (i: number): number => (whole ? (i * 5) % 4 : Math.sin(1.9 * i));
  return {
    features: Float32Array.from({ length: count * size }, (_, i) => value(i)),
    featureShape,
    labels: Int32Array.from({ length: count }, (_, i) => i % 3),
    labelShape: [],
    count,
  };
}

describe("every trainable kind of layer", () => {
  it.each(LAYER_CASES)(
    "%s trains to nearly the same weights on wasm and cpu",
    async (...layerCase) => {
      const [name, inputShape] = layerCase;
      const trained: Float32Array[] = [];
      const examples = examplesOf(inputShape, name.startsWith("embedding"));
      for (const backend of ["cpu", "wasm"] as const) {
        const trainer = await createTfjsTrainer({ backend });
        const { description, values } = describeModel(caseModel(layerCase));
        const plan = planFor(description, { batchSize: 3, localEpochs: 2 });
        const { weights } = await trainer.train({
          plan,
          weights: values,
          examples,
          random: testRandom(1),
        });
        for (const [i, { name: parameter, shape }] of description.parameters.entries()) {
          const size = shape.reduce((product, length) => product * length, 1);
          const offset = description.parameters
            .slice(0, i)
            .reduce(
              (sum, other) => sum + other.shape.reduce((product, length) => product * length, 1),
              0,
            );
          const moved = weights
            .subarray(offset, offset + size)
            .some((value, j) => value !== values[offset + j]);
          // Attention is the same however far all scores of a query are moved.
          expect(moved, parameter).toBe(!parameter.endsWith("/key/bias"));
        }
        trained.push(weights);
        trainer.dispose();
      }
      const [cpu, wasm] = trained;
      const furthest = Math.max(...cpu!.map((value, i) => Math.abs(value - wasm![i]!)));
      expect(furthest).toBeLessThan(2e-5);
    },
  );
});

describe("upSampling2d", () => {
  it("is refused on cpu, where tfjs computes wrong gradients for it, and trained on wasm", async () => {
    const model = tf.sequential({
      layers: [
        layers.conv2d({ inputShape: [...image], filters: 2, kernelSize: 2 }),
        layers.upSampling2d({ size: [2, 2] }),
        layers.flatten(),
        layers.dense({ units: 3, activation: "softmax" }),
      ],
    });
    const { description, values } = describeModel(model);
    const optimizer = { name: "sgd", learningRate: 0.01 } as const;
    const plan = planFor(description, { optimizer });
    const examples = examplesOf(image, false);
    const request = { plan, weights: values, examples, random: testRandom(1) };
    const cpu = await createTfjsTrainer({ backend: "cpu" });
    await expect(cpu.train(request)).rejects.toMatchObject({ code: "MODEL_UNSUPPORTED" });
    const before = await cpu.evaluate(request);
    const wasm = await createTfjsTrainer({ backend: "wasm" });
    const { weights } = await wasm.train(request);
    expect((await wasm.evaluate({ ...request, weights }))["loss"]).toBeLessThan(before["loss"]!);
    cpu.dispose();
    wasm.dispose();
  });
});
