import * as tf from "@tensorflow/tfjs";
import { isTributaryError, layoutOf, type Plan } from "@tributary/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Examples, LocalTrainer } from "../src/index.ts";
import { createFusedTrainer } from "../src/training/fused/fused-trainer.ts";
import { createTfjsTrainer } from "../src/training/tfjs-trainer.ts";
import { differentiate, expectTrueGradient, oneStepPlan } from "./support/finite-differences.ts";
import { LAYER_CASES, caseModel } from "./support/layer-cases.ts";
import { describeModel } from "./support/model-task.ts";
import { testRandom } from "./support/test-random.ts";

const { layers } = tf;
type Loss = Plan["training"]["loss"];

/** Rows of three targets as masks, several classes and smoothed labels give them. */
const ODD_ROWS = [
  [0, 0, 0],
  [1, 1, 0],
  [0, 1, 0],
  [0.2, 0.3, 0.1],
  [1, 1, 1],
] as const;

const middle = (): tf.layers.Layer =>
  layers.dense({ inputShape: [4], units: 5, activation: "tanh" });

/** Ends of a model, each with three outputs, or three for each of two moments. */
const ENDS: Readonly<Record<string, () => tf.LayersModel>> = {
  softmax: () =>
    tf.sequential({ layers: [middle(), layers.dense({ units: 3, activation: "softmax" })] }),
  "a softmax layer with a positive axis": () =>
    tf.sequential({ layers: [middle(), layers.dense({ units: 3 }), layers.softmax()] }),
  "a softmax for each moment": () =>
    tf.sequential({
      layers: [
        middle(),
        layers.repeatVector({ n: 2 }),
        layers.simpleRNN({ units: 4, returnSequences: true }),
        layers.timeDistributed({ layer: layers.dense({ units: 3, activation: "softmax" }) }),
      ],
    }),
  "a softmax within a model": () =>
    tf.sequential({
      layers: [
        middle(),
        tf.sequential({
          layers: [layers.dense({ inputShape: [5], units: 3, activation: "softmax" })],
        }),
      ],
    }),
  "probabilities of a kind of their own": () =>
    tf.sequential({
      layers: [middle(), layers.dense({ units: 3, activation: "sigmoid" }), layers.reLU()],
    }),
  sigmoid: () =>
    tf.sequential({ layers: [middle(), layers.dense({ units: 3, activation: "sigmoid" })] }),
  linear: () => tf.sequential({ layers: [middle(), layers.dense({ units: 3 })] }),
};

const LOSSES: readonly Loss[] = [
  ...(["categoricalCrossentropy", "binaryCrossentropy"] as const),
  ...(["meanSquaredError", "meanAbsoluteError", "huberLoss"] as const),
];

/** Examples whose labels are rows of odd targets, for outputs of a shape that ends in 3. */
function oddExamples(inputShape: readonly number[], outputShape: readonly number[]): Examples {
  const count = 5;
  const rows = outputShape.length === 1 ? 1 : outputShape[0]!;
  const size = inputShape.reduce((product, length) => product * length, 1);
  return {
    // No two windows of an image have nearly the same largest value, where the loss has a kink.
    features: Float32Array.from({ length: count * size }, (_, i) => Math.sin(0.7 * i * i + i)),
    featureShape: inputShape,
    labels: Float32Array.from(
      Array.from({ length: count * rows }, (_, row) => ODD_ROWS[row % ODD_ROWS.length]!).flat(),
    ),
    labelShape: outputShape,
    count,
  };
}

describe("a gradient equals the slope of the loss", () => {
  const engines: { name: string; trainer: LocalTrainer }[] = [];
  beforeAll(async () => {
    engines.push({ name: "fused", trainer: await createFusedTrainer() });
    engines.push({ name: "tfjs", trainer: await createTfjsTrainer({ backend: "wasm" }) });
  });
  afterAll(() => {
    for (const { trainer } of engines) trainer.dispose();
  });

  /** Checks tfjs, and the fused engine where it takes the model. */
  async function expectTrueGradients(
    model: tf.LayersModel,
    examples: Examples,
    loss: Loss,
  ): Promise<void> {
    const { description, values } = describeModel(model);
    const plan = oneStepPlan(description, loss);
    for (const { name, trainer } of engines) {
      try {
        await expectTrueGradient(trainer, { plan, weights: values, examples });
      } catch (error) {
        if (name === "fused" && isTributaryError(error) && error.code === "MODEL_UNSUPPORTED") {
          continue;
        }
        throw error;
      }
    }
  }

  it.each(
    LOSSES.flatMap((loss) => Object.entries(ENDS).map(([end, make]) => ({ loss, end, make }))),
  )("for $loss after $end, on targets whose rows do not sum to 1", async ({ loss, make }) => {
    const model = make();
    const outputShape = model.outputs[0]!.shape.slice(1).map(Number);
    await expectTrueGradients(model, oddExamples([4], outputShape), loss);
  });

  it.each(LAYER_CASES.map((layerCase) => [layerCase[0], layerCase] as const))(
    "for %s",
    async (name, layerCase) => {
      const examples = oddExamples(layerCase[1], [3]);
      if (name.startsWith("embedding")) examples.features.forEach((_, i, all) => (all[i] = i % 4));
      await expectTrueGradients(caseModel(layerCase), examples, "categoricalCrossentropy");
    },
  );

  it.each(LOSSES)("for %s where all weights are zero, and slopes may have a kink", async (loss) => {
    for (const end of ["softmax", "sigmoid", "linear"]) {
      const { description, values } = describeModel(ENDS[end]!());
      const plan = oneStepPlan(description, loss);
      const zero = oddExamples([4], [3]);
      // Targets that are the outputs as well, where the mean absolute error has no slope.
      const examples = { ...zero, labels: zero.labels.map((label) => Math.round(label)) };
      const weights = new Float32Array(values.length);
      const gradients: Float32Array[] = [];
      for (const { name, trainer } of engines) {
        const isTaken = name !== "fused" || (await takes(trainer, plan));
        if (isTaken) {
          gradients.push((await differentiate(trainer, { plan, weights, examples })).gradient);
        }
      }
      for (const gradient of gradients) {
        const furthest = Math.max(
          ...gradient.map((value, i) => Math.abs(value - gradients[0]![i]!)),
        );
        expect(furthest, end).toBeLessThan(1e-6);
      }
    }
  });

  it("for penalties of weights that are zero", async () => {
    const kernelRegularizer = tf.regularizers.l1({ l1: 0.1 });
    const model = tf.sequential({
      layers: [layers.dense({ inputShape: [4], units: 3, kernelRegularizer, useBias: false })],
    });
    const { description, values } = describeModel(model);
    const plan = oneStepPlan(description, "meanSquaredError");
    const zero = oddExamples([4], [3]);
    const examples = { ...zero, labels: new Float32Array(zero.labels.length) };
    const weights = new Float32Array(values.length);
    for (const { trainer } of engines) {
      const { gradient } = await differentiate(trainer, { plan, weights, examples });
      expect(gradient.every((value) => value === 0)).toBe(true);
    }
  });

  it("and then constraints act on the weights, but not on those of a checkpoint", async () => {
    const kernelConstraint = tf.constraints.maxNorm({ maxValue: 0.5, axis: 0 });
    const model = tf.sequential({
      layers: [layers.dense({ inputShape: [4], units: 3, kernelConstraint, useBias: false })],
    });
    const { description } = describeModel(model);
    const plan = oneStepPlan(description, "meanSquaredError");
    const weights = new Float32Array(12).fill(1);
    const features = { features: new Float32Array(4).fill(1), featureShape: [4], count: 1 };
    const examples = { ...features, labels: new Float32Array(3), labelShape: [3] };
    for (const { trainer } of engines) {
      const outputs = await trainer.predict({ plan, weights, ...features });
      expect([...outputs]).toEqual([4, 4, 4]);
      const trained = await trainer.train({ plan, weights, examples, random: testRandom(1) });
      const column = [0, 3, 6, 9].map((row) => trained.weights[row]!);
      expect(Math.hypot(...column)).toBeCloseTo(0.5, 4);
    }
  });

  async function takes(trainer: LocalTrainer, plan: Plan): Promise<boolean> {
    const inputs = { features: new Float32Array(4), featureShape: [4], count: 1 };
    const weights = new Float32Array(layoutOf(plan.model.parameters).size);
    return trainer.predict({ plan, weights, ...inputs }).then(
      () => true,
      () => false,
    );
  }
});
