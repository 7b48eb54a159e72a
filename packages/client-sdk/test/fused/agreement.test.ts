import * as tf from "@tensorflow/tfjs";
import type { Plan } from "@tributary/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FusedTrainer } from "../../src/training/fused/fused-engine.ts";
import { createFusedTrainer } from "../../src/training/fused/fused-trainer.ts";
import { createTfjsTrainer, type TfjsTrainer } from "../../src/training/tfjs-trainer.ts";
import { LOSSES, OPTIMIZERS, expectSameTraining } from "../support/engine-agreement.ts";
import { ODD_MODELS, examplesFor } from "../support/odd-models.ts";
import { describeModel, planFor } from "../support/model-task.ts";
import { resetAfterGrus } from "../support/reset-after-grus.ts";
import { testRandom } from "../support/test-random.ts";

const { layers } = tf;

describe("the fused trainer and tfjs on cpu", () => {
  let fused: FusedTrainer;
  let tfjs: TfjsTrainer;
  beforeAll(async () => {
    fused = await createFusedTrainer({ backend: "wasm" });
    tfjs = await createTfjsTrainer({ backend: "cpu" });
  });
  afterAll(() => {
    fused.dispose();
    tfjs.dispose();
  });

  async function expectAgreement(
    model: tf.LayersModel,
    training: Partial<Plan["training"]>,
    count: number,
  ): Promise<void> {
    const shape = model.inputs[0]!.shape.slice(1).map(Number);
    const compared = { model: describeModel(model), shape, training, count };
    await expectSameTraining([fused, tfjs], compared);
  }

  it.each(Object.entries(ODD_MODELS))("agree on %s", async (_, model) => {
    await expectAgreement(model(), {}, 7);
    await expectAgreement(model(), { localEpochs: 2 }, 1);
  });

  it.each(OPTIMIZERS)("agree on the optimizer %o", async (optimizer) => {
    const model = ODD_MODELS["dense layers without biases"]!();
    await expectAgreement(model, { optimizer, localEpochs: 3 }, 8);
  });

  it.each(LOSSES)("agree on %s over %s outputs", async (loss, activation) => {
    const model = tf.sequential({
      layers: [
        layers.dense({ inputShape: [4], units: 6, activation: "tanh" }),
        layers.dense({ units: 3, activation }),
      ],
    });
    await expectAgreement(model, { loss, localEpochs: 2 }, 7);
  });

  it("agree on a batch normalisation that is frozen", async () => {
    const model = tf.sequential({
      layers: [
        layers.conv2d({ inputShape: [5, 5, 2], filters: 3, kernelSize: 3, name: "before" }),
        layers.batchNormalization({ name: "normal" }),
        layers.reLU(),
        layers.flatten(),
        layers.dense({ units: 6, name: "middle" }),
        layers.batchNormalization({ name: "again" }),
        layers.dense({ units: 3, activation: "softmax", name: "end" }),
      ],
    });
    await expectAgreement(model, { trainable: ["before", "middle", "end"] }, 7);
  });

  it("agree on an embedding before an LSTM that has an output for each step", async () => {
    const { description, values } = describeModel(
      tf.sequential({
        layers: [
          layers.embedding({ inputDim: 7, outputDim: 3, inputLength: 5 }),
          layers.lstm({ units: 6, returnSequences: true }),
          layers.dense({ units: 7, activation: "softmax" }),
        ],
      }),
    );
    const plan = planFor(description, { batchSize: 3 });
    const indices = (from: number): Float32Array =>
      Float32Array.from({ length: 8 * 5 }, (_, i) => (i * i + from) % 7);
    const examples = {
      ...{ features: indices(0), featureShape: [5], count: 8 },
      ...{ labels: Int32Array.from(indices(3)), labelShape: [5] },
    };
    const wasm = await createTfjsTrainer({ backend: "wasm" });
    const request = { plan, weights: values, examples };
    const [a, b] = await Promise.all(
      [fused, wasm].map((trainer) => trainer.train({ ...request, random: testRandom(3) })),
    );
    const change = Math.hypot(...b!.weights.map((value, i) => value - values[i]!));
    const apart = Math.hypot(...b!.weights.map((value, i) => value - a!.weights[i]!));
    expect(apart / change).toBeLessThan(2e-5);
    const wrong = { ...examples, features: examples.features.with(12, 7) };
    await expect(fused.evaluate({ ...request, examples: wrong })).rejects.toMatchObject({
      code: "EXAMPLES_INVALID",
      context: { index: 2 },
    });
    await expect(fused.predict({ plan, weights: values, ...wrong })).rejects.toMatchObject({
      code: "EXAMPLES_INVALID",
      context: { index: 2 },
    });
    wasm.dispose();
    await createTfjsTrainer({ backend: "cpu" });
  });

  it("agree on what recurrent layers give where nothing is dropped, and drop by the seed", async () => {
    const rates = { dropout: 0.3, recurrentDropout: 0.4 };
    const { description, values } = describeModel(
      tf.sequential({
        layers: [
          layers.gru({ inputShape: [4, 3], units: 5, returnSequences: true, ...rates }),
          layers.lstm({ units: 4, ...rates }),
          layers.dense({ units: 3, activation: "softmax" }),
        ],
      }),
    );
    const plan = planFor(description, { batchSize: 3 });
    const request = { plan, weights: values, examples: examplesFor(plan, [4, 3], 7) };
    const [a, b] = await Promise.all(
      [fused, tfjs].map((trainer) => trainer.predict({ ...request, ...request.examples })),
    );
    b!.forEach((value, i) => expect(a![i]).toBeCloseTo(value, 5));
    const trained = async (seed: number): Promise<Float32Array> =>
      (await fused.train({ ...request, random: testRandom(seed) })).weights;
    expect(await trained(1)).toEqual(await trained(1));
    expect(await trained(1)).not.toEqual(await trained(2));
  });

  it.each([true, false])(
    "agree on a GRU whose reset acts last, with biases: %j",
    async (useBias) => {
      const model = resetAfterGrus({ useBias });
      await expectSameTraining([fused, tfjs], { model, shape: [5, 3], training: {}, count: 7 });
    },
  );

  it("agree on a causal convolution where zeros precede the sequence", async () => {
    const build = (moments: number, padding: "causal" | "valid") =>
      describeModel(
        tf.sequential({
          layers: [
            layers.conv1d({
              ...{ inputShape: [moments, 2], filters: 3, kernelSize: 3 },
              ...{ dilationRate: 2, padding, name: "windows" },
            }),
          ],
        }),
      );
    const { description, values } = build(6, "causal");
    const features = Float32Array.from({ length: 6 * 2 }, (_, i) => Math.sin(i));
    const preceded = Float32Array.of(...new Float32Array(4 * 2), ...features);
    const [a, b] = await Promise.all([
      fused.predict({
        ...{ plan: planFor(description, {}), weights: values },
        ...{ features, featureShape: [6, 2], count: 1 },
      }),
      tfjs.predict({
        ...{ plan: planFor(build(10, "valid").description, {}), weights: values },
        ...{ features: preceded, featureShape: [10, 2], count: 1 },
      }),
    ]);
    expect(a).toHaveLength(6 * 3);
    b.forEach((value, i) => expect(a[i]).toBeCloseTo(value, 5));
  });

  it("agree on a model whose first layers are frozen", async () => {
    const model = tf.sequential({
      layers: [
        layers.conv2d({ inputShape: [5, 5, 2], filters: 3, kernelSize: 3, activation: "relu" }),
        layers.flatten(),
        layers.dense({ units: 4, activation: "tanh", name: "middle" }),
        layers.dense({ units: 3, activation: "softmax", name: "frozen_end" }),
      ],
    });
    await expectAgreement(model, { trainable: ["middle"] }, 7);
  });
});
