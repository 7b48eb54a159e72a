import * as tf from "@tensorflow/tfjs";
import type { Plan } from "@tributary/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FusedTrainer } from "../../src/training/fused/fused-engine.ts";
import { createFusedTrainer } from "../../src/training/fused/fused-trainer.ts";
import type { StepTerms } from "../../src/training/local-trainer.ts";
import {
  createNativeTrainer,
  type NativeTrainer,
} from "../../src/training/native/native-trainer.ts";
import { LOSSES, OPTIMIZERS, expectSameTraining } from "../support/engine-agreement.ts";
import { ODD_MODELS, examplesFor } from "../support/odd-models.ts";
import { describeModel, planFor } from "../support/model-task.ts";
import { rejectionOf } from "../support/rejection.ts";
import { testRandom } from "../support/test-random.ts";

const { layers } = tf;

describe("the native trainer and the fused one", () => {
  let fused: FusedTrainer;
  let native: NativeTrainer;
  beforeAll(async () => {
    fused = await createFusedTrainer({ backend: "wasm" });
    native = await createNativeTrainer();
  });
  afterAll(() => {
    fused.dispose();
    native.dispose();
  });

  async function expectAgreement(
    model: tf.LayersModel,
    training: Partial<Plan["training"]>,
    count: number,
    terms?: StepTerms,
  ): Promise<void> {
    const shape = model.inputs[0]!.shape.slice(1).map(Number);
    await expectSameTraining([native, fused], {
      ...{ model: describeModel(model), shape, training, count, terms },
      sizeOf: (value) => Math.max(1, value),
    });
  }

  it.each(Object.entries(ODD_MODELS))("agree on %s", async (_, make) => {
    await expectAgreement(make(), {}, 7);
    await expectAgreement(make(), { localEpochs: 2 }, 1);
  });

  it.each(OPTIMIZERS)("agree on the optimizer %o", async (optimizer) => {
    const make = ODD_MODELS["convolutions with steps"]!;
    await expectAgreement(make(), { optimizer, localEpochs: 3 }, 8);
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

  it("agree on what is dropped, for one seed and for many epochs", async () => {
    const model = tf.sequential({
      layers: [
        layers.conv2d({ inputShape: [5, 5, 2], filters: 4, kernelSize: 3, activation: "relu" }),
        layers.dropout({ rate: 0.3 }),
        layers.flatten(),
        layers.dense({ units: 8, activation: "tanh" }),
        layers.dropout({ rate: 0.5 }),
        layers.dense({ units: 3, activation: "softmax" }),
      ],
    });
    await expectAgreement(model, { localEpochs: 3 }, 8);
  });

  it("agree on pooling of tiles, where the gradient of equal values counts once", async () => {
    const model = tf.sequential({
      layers: [
        layers.conv2d({ inputShape: [4, 6, 2], filters: 3, kernelSize: 1, activation: "tanh" }),
        layers.upSampling2d({ size: [2, 3] }),
        layers.maxPooling2d({ poolSize: [2, 3] }),
        layers.maxPooling2d({ poolSize: 2 }),
        layers.flatten(),
        layers.dense({ units: 3, activation: "softmax" }),
      ],
    });
    await expectAgreement(model, { localEpochs: 2 }, 7);
  });

  it("agree on a batch normalisation that is frozen, between layers that are not", async () => {
    const model = tf.sequential({
      layers: [
        layers.conv2d({ inputShape: [5, 5, 2], filters: 3, kernelSize: 3, name: "before" }),
        layers.batchNormalization({ name: "normal" }),
        layers.flatten(),
        layers.dense({ units: 3, activation: "softmax", name: "end" }),
      ],
    });
    await expectAgreement(model, { trainable: ["before", "end"] }, 7);
  });

  it("agree on penalties and on bounds of weights", async () => {
    const model = tf.sequential({
      layers: [
        layers.dense({
          ...{ inputShape: [4], units: 6, activation: "relu" },
          kernelRegularizer: tf.regularizers.l1l2({ l1: 0.01, l2: 0.02 }),
          kernelConstraint: tf.constraints.maxNorm({ maxValue: 0.4, axis: 0 }),
        }),
        layers.dense({
          ...{ units: 3, activation: "softmax" },
          kernelConstraint: tf.constraints.nonNeg(),
        }),
      ],
    });
    await expectAgreement(model, { localEpochs: 2 }, 7);
  });

  it("agree on a kernel that is large enough for its step to be one operation", async () => {
    const model = tf.sequential({
      layers: [
        layers.dense({ inputShape: [300], units: 256, activation: "relu" }),
        layers.dense({ units: 3, activation: "softmax" }),
      ],
    });
    await expectAgreement(model, { localEpochs: 2 }, 7);
  });

  it.each<[string, StepTerms]>([
    ["a proximal term", { proximal: 0.3 }],
    ["a weight decay", { weightDecay: 0.1 }],
    ["a clipped gradient", { gradientClipNorm: 0.05 }],
    ["a correction", { correction: Float32Array.from({ length: 51 }, (_, i) => Math.sin(i)) }],
  ])("agree on %s", async (_, terms) => {
    const model = tf.sequential({
      layers: [
        layers.dense({ inputShape: [4], units: 6, activation: "tanh" }),
        layers.dense({ units: 3, activation: "softmax" }),
      ],
    });
    await expectAgreement(model, { localEpochs: 2 }, 7, terms);
  });

  it("differ in that the native one clips no gradients of single examples", async () => {
    const model = ODD_MODELS["a dense layer"]!();
    const shape = model.inputs[0]!.shape.slice(1).map(Number);
    const { description, values } = describeModel(model);
    const plan = planFor(description);
    const examples = examplesFor(plan, shape, 3);
    const request = { plan, weights: values, examples, random: testRandom(1) };
    const error = await rejectionOf(native.train({ ...request, terms: { exampleClipNorm: 1 } }));
    expect(error.code).toBe("BAD_PARAMETER");
  });
});
