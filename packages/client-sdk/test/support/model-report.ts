import {
  isTributaryError,
  modelLayers,
  type LossName,
  type ModelDescription,
  type Plan,
} from "@tributary/protocol";
import type { Examples, LocalTrainer } from "../../src/index.ts";
import { logitsTopology } from "../../src/training/logits-topology.ts";
import { differentiate, oneStepPlan, slopeAlong } from "./finite-differences.ts";
import type { Expected, PublishedModel } from "./published-models.ts";

/** The engines, in the order of the table. */
export type Engines = Readonly<Record<"fused" | "tfjs", LocalTrainer>>;

/** What the engines make of a model. */
export interface ModelReport {
  /** Why an engine does not take the model; undefined when it does. */
  readonly refusals: Readonly<Record<keyof Engines, string | undefined>>;
  /** The largest difference of an output; undefined when there is nothing to compare. */
  readonly predictions: number | undefined;
  /** The difference of the gradients as a share of their length; undefined as above. */
  readonly gradients: number | undefined;
}

/** Has both engines predict and take one step with a model. */
export async function reportOf(
  model: PublishedModel,
  expected: Expected | undefined,
  engines: Engines,
): Promise<ModelReport> {
  const description = withoutDropout(model.description);
  const loss = lossOf(description);
  const plan = oneStepPlan(description, loss);
  const inputs = expected === undefined ? madeInputs(description) : givenInputs(expected);
  const problemFor = (outputs: Float32Array): Problem => ({
    ...{ plan, weights: model.values },
    examples: withLabels(inputs, outputs.length / inputs.count, loss),
  });
  const made = {
    fused: await trial(engines.fused, plan, model.values, inputs, problemFor),
    tfjs: await trial(engines.tfjs, plan, model.values, inputs, problemFor),
  };
  const taken = Object.values(made).filter((one) => typeof one !== "string");
  const reference = expected?.y ?? taken[1]?.outputs;
  const [first, second] = taken;
  return {
    refusals: {
      fused: typeof made.fused === "string" ? made.fused : undefined,
      tfjs: typeof made.tfjs === "string" ? made.tfjs : undefined,
    },
    predictions:
      reference && first && Math.max(...taken.map(({ outputs }) => furthest(outputs, reference))),
    gradients:
      first === undefined
        ? undefined
        : second === undefined
          ? await slopeError(
              typeof made.fused === "string" ? engines.tfjs : engines.fused,
              problemFor(first.outputs),
              first.gradient,
            )
          : distance(first.gradient, second.gradient) / lengthOf(second.gradient),
  };
}

interface Problem {
  readonly plan: Plan;
  readonly weights: Float32Array;
  readonly examples: Examples;
}

type Inputs = Pick<Examples, "features" | "featureShape" | "count">;

interface Made {
  readonly outputs: Float32Array;
  readonly gradient: Float32Array;
}

/** @returns What the engine makes of the model, or why it does not take it. */
async function trial(
  trainer: LocalTrainer,
  plan: Plan,
  weights: Float32Array,
  inputs: Inputs,
  problemFor: (outputs: Float32Array) => Problem,
): Promise<Made | string> {
  try {
    const outputs = (await trainer.predict({ plan, weights, ...inputs })).slice();
    const { gradient } = await differentiate(trainer, problemFor(outputs));
    return { outputs, gradient };
  } catch (error) {
    if (!isTributaryError(error)) throw error;
    return error.message
      .replace(/^(The engines fused and native do not take |Training failed on \w+: )/, "")
      .replace(/\.+ Use the engine "tfjs".*$/s, "")
      .replace(/\. Use a model with one input and one output\.$/, "");
  }
}

/** The relative error of a gradient along one direction in which all parameters move. */
async function slopeError(
  trainer: LocalTrainer,
  problem: Problem,
  gradient: Float32Array,
): Promise<number> {
  const direction = gradient.map((value, i) => value * (1 + 0.5 * Math.cos(2.1 * i)));
  const { slope, along } = await slopeAlong(trainer, problem, gradient, direction);
  return Math.abs(slope - along) / Math.abs(along);
}

/** The loss that fits the end of a model. */
function lossOf({ topology }: ModelDescription): LossName {
  const { activation } = logitsTopology(topology);
  if (activation === "softmax") return "categoricalCrossentropy";
  return activation === "sigmoid" ? "binaryCrossentropy" : "meanSquaredError";
}

/** The same model with nothing dropped. */
function withoutDropout({ topology, parameters }: ModelDescription): ModelDescription {
  const rates = new Set(["rate", "dropout", "recurrent_dropout"]);
  const text = JSON.stringify(topology, (key, value: unknown) =>
    rates.has(key) && typeof value === "number" ? 0 : value,
  );
  return { topology: JSON.parse(text) as object, parameters };
}

function givenInputs({ x, shape }: Expected): Inputs {
  return { features: Float32Array.from(x), featureShape: shape.slice(1), count: shape[0]! };
}

/** Inputs for a model, in the shape that its topology states; indices for an embedding. */
function madeInputs(description: ModelDescription): Inputs {
  const layers = modelLayers(description);
  const stated = layers.map(({ config }) => config["batch_input_shape"]).find(Array.isArray);
  const shape = ((stated ?? []) as (number | null)[]).slice(1).map((size) => size ?? 8);
  const entries = layers.find(({ kind }) => kind === "Embedding")?.config["input_dim"];
  const size = shape.reduce((product, length) => product * length, 1);
  // One large image is enough, and takes seconds.
  const count = size > 50_000 ? 1 : 4;
  const value = (i: number): number =>
    typeof entries === "number" ? (i * i + 1) % Math.min(entries, 50) : Math.sin(0.7 * i * i + i);
  const features = Float32Array.from({ length: count * size }, (_, i) => value(i));
  return { features, featureShape: shape, count };
}

/** Examples whose labels are rows of zeros but for one place. */
function withLabels(inputs: Inputs, outputSize: number, loss: LossName): Examples {
  const labels = Float32Array.from({ length: inputs.count * outputSize }, (_, i) =>
    i % outputSize === (2 * Math.floor(i / outputSize)) % outputSize ? 1 : 0,
  );
  if (loss === "binaryCrossentropy" && outputSize === 1) labels[0] = 0;
  return { ...inputs, labels, labelShape: [outputSize] };
}

const furthest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);

const lengthOf = (values: Float32Array): number =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));

const distance = (a: Float32Array, b: Float32Array): number =>
  lengthOf(a.map((value, i) => value - b[i]!));
