// Converts between tfjs models and the flat parameter vectors that checkpoints consist of.
import * as tf from "@tensorflow/tfjs";
import {
  TributaryError,
  layoutOf,
  requireConnected,
  type ModelDescription,
  type Parameter,
  type ParameterLayout,
} from "@tributary/protocol";

import { scopeMasks } from "./mask-scope.ts";
import { registerLayers } from "./register-layers.ts";

/** A weight of a `tf.LayersModel`: a named tensor that layers read and write. */
export type LayerWeight = tf.LayersModel["weights"][number];

/**
 * Builds the model that a plan describes, for an app to predict with.
 * @param description - The topology and the list of parameters, from `plan.model`.
 * @param values - The checkpoint, Float32, shape [layout.size]; copied.
 * @returns A model that belongs to the caller, who calls `dispose()` on it when it is no longer
 *   used.
 * @throws TributaryError `MODEL_UNSUPPORTED` when tfjs cannot build the model or when its weights
 *   are not those of the description; `BAD_PARAMETER` when `values` has another length than the
 *   model needs.
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

/**
 * Builds a model whose weights are not set yet. When tfjs fails half-way, the variables that it has
 * made so far are disposed.
 */
async function buildTopology(topology: object): Promise<tf.LayersModel> {
  requireConnected(topology);
  registerLayers();
  const before = new Set(Object.keys(tf.engine().registeredVariables));
  // `modelFromJSON` makes all its variables before it waits for anything. So the variables that are
  // new on the next line are the model's own, and none of them is the app's.
  const building = tf.models.modelFromJSON({ modelTopology: withZeros(topology) });
  const added = Object.values(tf.engine().registeredVariables).filter(
    ({ name }) => !before.has(name),
  );
  try {
    const model = await building;
    scopeMasks(model);
    return model;
  } catch (error) {
    tf.dispose(added);
    throw new TributaryError(
      "MODEL_UNSUPPORTED",
      `tfjs cannot build the model: ${error instanceof Error ? error.message : String(error)}`,
      { remedy: "Use only layers that tfjs-layers 4.22 has.", cause: error },
    );
  }
}

/**
 * Replaces every weight initializer by zeros. The real values are written afterwards, so drawing
 * random ones would only cost time.
 */
function withZeros(topology: object): tf.io.ModelJSON["modelTopology"] {
  const text = JSON.stringify(topology, (key, value: unknown) =>
    key.endsWith("_initializer") ? "zeros" : value,
  );
  return JSON.parse(text) as tf.io.ModelJSON["modelTopology"];
}

/**
 * Pairs the model's weights with the parameters of a layout, by name.
 * @returns The weights in the layout's order.
 * @throws TributaryError `MODEL_UNSUPPORTED` when a parameter has no weight of its name and shape,
 *   or when a weight has no parameter.
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
  // Every weight must be a parameter: one that is not would be missing from the checkpoint.
  const others = new Set(model.weights);
  for (const weight of weights) others.delete(weight);
  for (const { originalName } of others) {
    throw disagreement(`the weight ${originalName}, which is not among the parameters`);
  }
  return weights;
}

function disagreement(what: string): TributaryError {
  return new TributaryError("MODEL_UNSUPPORTED", `The model's topology has ${what}`, {
    remedy: "Give a topology and weights that were saved together.",
  });
}

/**
 * Removes the last but one part of a weight's name. TensorFlow ≥ 2.2 saves the weights of recurrent
 * layers under the name of their cell as well (`lstm/lstm_cell/kernel`), which tfjs leaves out
 * (`lstm/kernel`).
 */
function withoutCell(name: string): string {
  const parts = name.split("/");
  parts.splice(-2, 1);
  return parts.join("/");
}

/**
 * Sets a model's weights from a flat vector.
 * @param weights - From `weightsOf` with the same layout; their values are replaced.
 * @param values - Float32, shape [layout.size]; copied.
 * @throws TributaryError `BAD_PARAMETER` when `values` has another length than the layout.
 */
export function writeWeights(
  weights: readonly LayerWeight[],
  layout: ParameterLayout,
  values: Float32Array,
): void {
  requireSize(values, layout);
  tf.tidy(() => {
    layout.parameters.forEach((parameter, index) => {
      // A copy, because the cpu backend does not copy the memory of a new tensor but keeps using
      // it.
      const part = values.slice(parameter.offset, parameter.offset + parameter.size);
      // Not `write`, which would force a layer's constraint on the values: what a checkpoint says is
      // what the model has, as in Keras.
      const variable = weights[index]!.read() as tf.Variable;
      variable.assign(tf.tensor(part, [...parameter.shape]));
    });
  });
}

/**
 * Reads a model's weights into a flat vector.
 * @param weights - From `weightsOf` with the same layout.
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
    `The checkpoint has ${values.length} values, but the model has ${layout.size} parameters`,
    { remedy: "Give a checkpoint of this model." },
  );
}

const sameShape = (a: readonly (number | null)[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((size, index) => size === b[index]);
