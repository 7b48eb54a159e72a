import { layoutOf, type ModelDescription, type Plan } from "@tributary/protocol";
import { expect } from "vitest";
import type { Examples, LocalTrainer } from "../../src/index.ts";
import { planFor } from "./model-task.ts";
import { testRandom } from "./test-random.ts";

/** A model, and the examples that it is trained with in one step. */
interface Problem {
  /** Made by `oneStepPlan`. */
  readonly plan: Plan;
  readonly weights: Float32Array;
  readonly examples: Examples;
}

/** A plan that takes one step of plain gradient descent, of length 1, on up to 10 examples. */
export function oneStepPlan(description: ModelDescription, loss: Plan["training"]["loss"]): Plan {
  return planFor(description, {
    ...{ loss, metrics: [], localEpochs: 1, batchSize: 10 },
    optimizer: { name: "sgd", learningRate: 1 },
  });
}

/**
 * Takes the step. Every call draws the same dropout masks.
 * @returns The mean loss before the step, and its gradient.
 */
export async function differentiate(
  trainer: LocalTrainer,
  { plan, weights, examples }: Problem,
): Promise<{ readonly loss: number; readonly gradient: Float32Array }> {
  const step = await trainer.train({ plan, weights, examples, random: testRandom(5) });
  const gradient = weights.map((value, i) => value - step.weights[i]!);
  return { loss: step.metrics["loss"]!, gradient };
}

/**
 * Expects an engine's gradient to agree with differences of its loss. Each parameter is moved as a
 * whole, in a direction in which no two of its values take equal parts.
 */
export async function expectTrueGradient(trainer: LocalTrainer, problem: Problem): Promise<void> {
  const { plan, weights } = problem;
  const { gradient } = await differentiate(trainer, problem);
  const { parameters } = layoutOf(plan.model.parameters);
  const trained = parameters.filter(({ name }) => !name.includes("/moving_"));
  const size = Math.hypot(
    ...trained.flatMap((one) => [...gradient.subarray(one.offset, one.offset + one.size)]),
  );
  expect(size).toBeGreaterThan(1e-4);
  for (const { name, offset, size: count } of trained) {
    const direction = new Float32Array(weights.length);
    for (let i = 0; i < count; i++) direction[offset + i] = Math.cos(2.1 * i) + 0.3;
    const { slope, along } = await slopeAlong(trainer, problem, gradient, direction);
    expect(Math.abs(slope - along), name).toBeLessThan(5e-3 * size + 1e-4);
  }
}

/** So long that a difference is well above the rounding of a loss, and short enough for kinks. */
const STEP = 3e-3;

/**
 * Compares a gradient with the slope of the loss in one direction.
 * @param direction - Not modified; its length does not matter.
 * @returns The slope by finite differences, and by the gradient.
 */
export async function slopeAlong(
  trainer: LocalTrainer,
  problem: Problem,
  gradient: Float32Array,
  direction: Float32Array,
): Promise<{ readonly slope: number; readonly along: number }> {
  const norm = Math.sqrt(direction.reduce((sum, part) => sum + part * part, 0));
  const lossAt = async (distance: number): Promise<number> => {
    const weights = problem.weights.map((value, i) => value + (distance * direction[i]!) / norm);
    return (await differentiate(trainer, { ...problem, weights })).loss;
  };
  const slope = ((await lossAt(STEP)) - (await lossAt(-STEP))) / (2 * STEP);
  const along = direction.reduce((sum, part, i) => sum + (part / norm) * gradient[i]!, 0);
  return { slope, along };
}
