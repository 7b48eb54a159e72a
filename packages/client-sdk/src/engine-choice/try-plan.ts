import {
  asTributaryError,
  labelsOf,
  TributaryError,
  isTributaryError,
  shapeSize,
  type Plan,
  type RandomSource,
} from "@tributary/protocol";
import type { Examples } from "../examples/examples.ts";
import { compileTopology } from "../training/fused/compile/compile-topology.ts";
import { createFusedTrainer } from "../training/fused/fused-trainer.ts";
import type { OpenShape } from "../training/example-format.ts";
import { logitsTopology } from "../training/logits-topology.ts";
import type { LocalTrainer } from "../training/local-trainer.ts";
import { PreparedModel } from "../training/prepared-model.ts";
import { createTfjsTrainer } from "../training/tfjs-trainer.ts";
import type { EngineName } from "./trainer-options.ts";

/** What an engine makes of a plan's model. */
export interface EngineTrial {
  readonly engine: EngineName;
  /** Why the engine cannot train the model; undefined when it can. */
  readonly fault: TributaryError | undefined;
}

/**
 * Has every engine of this platform build a plan's model and take one step on an example of zeros, as
 * a client would; and one on an example of ones where zeros make its numbers too large. An operator
 * learns so what clients could train before any of them is asked.
 * @param weights - The initial checkpoint, Float32, shape [layout.size]; not modified.
 * @param random - Draws dropout masks.
 * @returns The trials in the order in which a client would prefer the engines.
 * @throws TributaryError `PLAN_INVALID` when the plan's loss does not fit the model's output.
 */
export async function tryPlan(
  plan: Plan,
  weights: Float32Array,
  random: RandomSource,
): Promise<readonly EngineTrial[]> {
  const training = { ...plan.training, localEpochs: 1, batchSize: 1 };
  const step: Plan = { ...plan, training };
  const trials: EngineTrial[] = [];
  for (const { engine, open, shapesOf } of ENGINES) {
    let trainer: LocalTrainer | undefined;
    let fault: TributaryError | undefined;
    try {
      trainer = await open();
      const request = { plan: step, weights, random };
      const examples = zeros(step, await shapesOf(step));
      try {
        await trainer.train({ ...request, examples });
      } catch (error) {
        if (!isDivergence(error)) throw error;
        const features = examples.features.map(() => 1);
        await trainer.train({ ...request, examples: { ...examples, features } });
      }
    } catch (error) {
      if (isTributaryError(error, "PLAN_INVALID")) throw error;
      fault = asTributaryError(error);
    } finally {
      trainer?.dispose();
    }
    trials.push({ engine, fault });
  }
  return trials;
}

/**
 * Whether a training ended because its numbers grew too large. On examples of zeros, some models
 * divide by zero, and on others they do not.
 */
const isDivergence = (error: unknown): boolean =>
  isTributaryError(error, "TRAINING_FAILED") && error.cause === undefined;

/** Stands for a size that the model leaves open. It is enough for a few poolings after each other. */
const OPEN_SIZE = 32;

interface Shapes {
  /** The shapes of one input and of one output. */
  readonly input: readonly number[];
  readonly output: readonly number[];
}

const ENGINES: readonly {
  readonly engine: EngineName;
  readonly open: () => Promise<LocalTrainer>;
  readonly shapesOf: (plan: Plan) => Promise<Shapes>;
}[] = [
  {
    engine: "fused",
    open: () => createFusedTrainer(),
    shapesOf: (plan) => {
      const { inputShape, outputShape } = compileTopology(plan);
      return Promise.resolve({ input: inputShape, output: outputShape });
    },
  },
  {
    engine: "tfjs",
    open: () => createTfjsTrainer(),
    shapesOf: async (plan) => {
      const model = await PreparedModel.build(plan);
      try {
        const input = closed(model.inputShape);
        return { input, output: model.outputShapeFor(input) };
      } finally {
        model.dispose();
      }
    },
  },
];

const closed = (shape: OpenShape): number[] => shape.map((size) => size ?? OPEN_SIZE);

/**
 * One example of zeros, with labels as the plan's loss takes them.
 * @throws TributaryError `PLAN_INVALID` when the loss tells classes apart and the model has one, or
 *   when its one output is the same for all examples.
 */
function zeros({ model, training: { loss } }: Plan, { input, output }: Shapes): Examples {
  if (output.at(-1) === 1 && logitsTopology(model.topology).activation === "softmax") {
    throw new TributaryError(
      "PLAN_INVALID",
      "The model ends in a softmax over one output, which is always 1 and learns nothing",
      { remedy: "End the model in a sigmoid for yes or no, or without activation for a number." },
    );
  }
  const kind = labelsOf(loss);
  const overClasses = kind === "classes" || kind === "classIndices";
  if (overClasses && output.at(-1) === 1) {
    throw new TributaryError(
      "PLAN_INVALID",
      `The plan's loss is ${loss}, and the model has one output, which is one class`,
      {
        remedy: "Give plan.loss: binaryCrossentropy for yes or no, meanSquaredError for a number.",
      },
    );
  }
  // Index 0 for each row of the output, or 0 for each of its values.
  const labelShape = overClasses ? output.slice(0, -1) : output;
  const size = shapeSize(labelShape);
  return {
    ...{ features: new Float32Array(shapeSize(input)), featureShape: input, count: 1 },
    ...{ labels: overClasses ? new Int32Array(size) : new Float32Array(size), labelShape },
  };
}
