import type { Plan } from "@tributary/protocol";
import { expect } from "vitest";
import type { MeasuringTrainer, StepTerms } from "../../src/training/local-trainer.ts";
import { planFor, type describeModel } from "./model-task.ts";
import { examplesFor } from "./odd-models.ts";
import { testRandom } from "./test-random.ts";

/** Optimizers on which engines are compared. */
export const OPTIMIZERS: readonly Plan["training"]["optimizer"][] = [
  { name: "sgd", learningRate: 0.1 },
  { name: "sgd", learningRate: 0.1, momentum: 0.9 },
  { name: "sgd", learningRate: 0.1, momentum: 0.9, nesterov: true },
  { name: "adam", learningRate: 0.01 },
  { name: "adam", learningRate: 0.01, beta1: 0.8, beta2: 0.99, epsilon: 1e-3 },
  { name: "adagrad", learningRate: 0.1 },
  { name: "rmsprop", learningRate: 0.01 },
  { name: "rmsprop", learningRate: 0.01, momentum: 0.5, decay: 0.8 },
];

/** Losses on which engines are compared, each with what comes before it. */
export const LOSSES: readonly (readonly [
  Plan["training"]["loss"],
  activation: "softmax" | "sigmoid" | "linear" | "tanh",
])[] = [
  ["categoricalCrossentropy", "softmax"],
  ["categoricalCrossentropy", "linear"],
  ["sparseCategoricalCrossentropy", "softmax"],
  ["binaryCrossentropy", "sigmoid"],
  ["binaryCrossentropy", "linear"],
  // Outputs that are taken for probabilities.
  ["categoricalCrossentropy", "sigmoid"],
  ["categoricalCrossentropy", "tanh"],
  ["binaryCrossentropy", "softmax"],
  ["binaryCrossentropy", "tanh"],
  ["meanSquaredError", "linear"],
  ["meanSquaredError", "sigmoid"],
  ["meanSquaredError", "softmax"],
  ["huberLoss", "linear"],
  ["huberLoss", "sigmoid"],
  ["meanAbsoluteError", "linear"],
  ["meanAbsoluteError", "sigmoid"],
];

/** What engines are compared on. */
export interface ComparedTraining {
  /** The model, as `describeModel` gives it. */
  readonly model: ReturnType<typeof describeModel>;
  /** The shape of an example's features. */
  readonly shape: readonly number[];
  readonly training: Partial<Plan["training"]>;
  /** How many examples there are. */
  readonly count: number;
  readonly terms?: StepTerms | undefined;
  /** Gives the features one after the other; waves if left out. */
  readonly valueAt?: (place: number) => number;
  /** What a metric of this value is divided by before it is compared; 1 if left out. */
  readonly sizeOf?: (value: number) => number;
}

/**
 * Has two engines train, evaluate and predict alike, and expects the same from both: weights that are
 * 2e-5 of their change apart, and metrics and outputs to five digits behind the point.
 */
export async function expectSameTraining(
  trainers: readonly [MeasuringTrainer, MeasuringTrainer],
  { model, shape, training, count, terms, valueAt, sizeOf = () => 1 }: ComparedTraining,
): Promise<void> {
  const { description, values } = model;
  const plan = planFor(description, {
    batchSize: 3,
    metrics: ["accuracy", "meanSquaredError", "meanAbsoluteError"],
    ...training,
  });
  const examples = examplesFor(plan, shape, count, valueAt);
  const request = { plan, weights: values, examples };
  const [a, b] = await Promise.all(
    trainers.map(async (trainer) => ({
      ...(await trainer.train({ ...request, random: testRandom(3), terms })),
      scores: await trainer.evaluate(request),
      outputs: await trainer.predict({ ...request, ...examples }),
    })),
  );
  const change = Math.hypot(...b!.weights.map((value, i) => value - values[i]!));
  const apart = Math.hypot(...b!.weights.map((value, i) => value - a!.weights[i]!));
  expect(change).toBeGreaterThan(1e-3);
  expect(apart / change).toBeLessThan(2e-5);
  for (const key of ["metrics", "scores"] as const) {
    expect(Object.keys(a![key])).toEqual(Object.keys(b![key]));
    for (const [name, value] of Object.entries(b![key])) {
      const size = sizeOf(value);
      expect(a![key][name]! / size, `${key} ${name}`).toBeCloseTo(value / size, 5);
    }
  }
  b!.outputs.forEach((value, i) => expect(a!.outputs[i]).toBeCloseTo(value, 5));
}
