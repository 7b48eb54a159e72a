// Between tfjs models and the flat parameter vectors that checkpoints are made of.
import * as tf from "@tensorflow/tfjs";
import {
  TributaryError,
  layoutOf,
  type ModelDescription,
  type Parameter,
  type ParameterLayout,
} from "@tributary/protocol";

import { registerGroupNormalization } from "./group-normalization.ts";

/** A weight of a `tf.LayersModel`: a named tensor that layers read and write. */
export type LayerWeight = tf.LayersModel["weights"][number];

/**
 * Builds the model that a plan describes, for an app to predict with.
 * @param values - The checkpoint, Float32, shape [layout.size]; copied.
 * @returns A model of the caller's own: call `dispose()` on it when it is no longer used.
 * @throws TributaryError `MODEL_UNSUPPORTED` when tfjs cannot build it or its weights are not the described ones,
 *   `BAD_PARAMETER` when `values` is not of the model's size.
 */
export async function buildLayersModel(
  description: ModelDescription,
  values: Float32Array,
): Promise<tf.LayersModel> {
  const layout = layoutOf(description.parameters);
  requireSize(values, layout);
  const model = await buildTopology(description.topology);
  try {
    writeWeights(weightsOf(model, layout), layout, values);
  } catch (error) {
    model.dispose();
    throw error;
  }
  return model;
}

/** A model whose weights are to be set. Leaves nothing behind when it cannot be built. */
async function buildTopology(topology: object): Promise<tf.LayersModel> {
  registerGroupNormalization();
  const before = new Set(Object.keys(tf.engine().registeredVariables));
  // Layers are built, and variables made, before this first waits: none of the app's own come between.
  const building = tf.models.modelFromJSON({ modelTopology: withZeros(topology) });
  const added = Object.values(tf.engine().registeredVariables).filter(
    ({ name }) => !before.has(name),
  );
  try {
    return await building;
  } catch (error) {
    tf.dispose(added);
    throw new TributaryError(
      "MODEL_UNSUPPORTED",
      `tfjs cannot build the model: ${error instanceof Error ? error.message : String(error)}`,
      { remedy: "Use layers that tfjs-layers 4.22 knows.", cause: error },
    );
  }
}

/** The topology with weights that begin as zeros: others would cost time and random numbers, and be overwritten. */
function withZeros(topology: object): tf.io.ModelJSON["modelTopology"] {
  const text = JSON.stringify(topology, (key, value: unknown) =>
    key.endsWith("_initializer") ? "zeros" : value,
  );
  return JSON.parse(text) as tf.io.ModelJSON["modelTopology"];
}

/**
 * The model's weights in the layout's order.
 * @throws TributaryError `MODEL_UNSUPPORTED` when a parameter has no weight of its shape, or a weight no parameter.
 */
export function weightsOf(model: tf.LayersModel, layout: ParameterLayout): LayerWeight[] {
  const byName = new Map(model.weights.map((weight) => [weight.originalName, weight]));
  const weights = layout.parameters.map((parameter) => {
    const weight = byName.get(parameter.name) ?? byName.get(withoutCell(parameter.name));
    if (weight === undefined || !sameShape(weight.shape, parameter.shape)) {
      throw disagreement(
        `${weight === undefined ? "no weight" : `a weight of shape [${weight.shape.join(", ")}]`} ` +
          `for the parameter ${parameter.name} of shape [${parameter.shape.join(", ")}]`,
      );
    }
    return weight;
  });
  const others = new Set(model.weights);
  for (const weight of weights) others.delete(weight);
  for (const { originalName } of others) {
    throw disagreement(`the weight ${originalName}, which is no parameter`);
  }
  return weights;
}

function disagreement(what: string): TributaryError {
  return new TributaryError("MODEL_UNSUPPORTED", `The model's topology has ${what}`, {
    remedy: "Give a topology and weights that were saved together.",
  });
}

/** Recurrent layers saved by TensorFlow ≥ 2.2 name their cell too, which tfjs leaves out. */
function withoutCell(name: string): string {
  const parts = name.split("/");
  parts.splice(-2, 1);
  return parts.join("/");
}

/**
 * Sets weights from a flat vector.
 * @param weights - From `weightsOf` with the same layout.
 * @param values - Float32, shape [layout.size]; copied.
 */
export function writeWeights(
  weights: readonly LayerWeight[],
  layout: ParameterLayout,
  values: Float32Array,
): void {
  requireSize(values, layout);
  tf.tidy(() => {
    layout.parameters.forEach((parameter, index) => {
      // A copy, since the cpu backend goes on using the memory it is given.
      const part = values.slice(parameter.offset, parameter.offset + parameter.size);
      weights[index]!.write(tf.tensor(part, [...parameter.shape]));
    });
  });
}

/**
 * Reads weights into a flat vector.
 * @returns New Float32, shape [layout.size].
 */
export async function readWeights(
  weights: readonly LayerWeight[],
  layout: ParameterLayout,
): Promise<Float32Array> {
  const values = new Float32Array(layout.size);
  const parts = await Promise.all(weights.map((weight) => weight.read().data<"float32">()));
  layout.parameters.forEach((parameter: Parameter, index) =>
    values.set(parts[index]!, parameter.offset),
  );
  return values;
}

function requireSize(values: Float32Array, layout: ParameterLayout): void {
  if (values.length === layout.size) return;
  throw new TributaryError(
    "BAD_PARAMETER",
    `The weights have ${values.length} values where the model has ${layout.size}`,
    { remedy: "Give a checkpoint of this model." },
  );
}

const sameShape = (a: readonly (number | null)[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((size, index) => size === b[index]);
