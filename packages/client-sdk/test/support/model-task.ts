import type * as tf from "@tensorflow/tfjs";
import type { ModelDescription, Plan } from "@tributary/protocol";

/** A plan for a model, with values for all settings that the tests are not about. */
export function planFor(
  { topology, parameters }: ModelDescription,
  training: Partial<Plan["training"]> = {},
): Plan {
  return {
    version: 1,
    task: "test",
    population: "test",
    model: { format: "tfjs-layers-model", topology, parameters },
    training: {
      localEpochs: 1,
      batchSize: 10,
      optimizer: { name: "sgd", learningRate: 0.1 },
      loss: "categoricalCrossentropy",
      metrics: ["accuracy"],
      trainable: "all",
      ...training,
    },
    download: { encoding: "float32" },
    update: { codec: "float32" },
    clipNorm: null,
    aggregation: { rule: "mean" },
    minimumCohort: 1,
  };
}

/**
 * Describes a tfjs model as the author of a task would have saved it, but with repeatable values.
 * It disposes the model.
 */
export function describeModel(model: tf.LayersModel): {
  description: ModelDescription;
  values: Float32Array;
} {
  const parameters = model.weights.map(({ originalName, shape }) => ({
    name: originalName,
    shape: shape.map(Number),
  }));
  const parts = parameters.map(({ name, shape }, place) =>
    valuesFor(
      name,
      shape.reduce((size, length) => size * length, 1),
      place,
    ),
  );
  const values = new Float32Array(parts.reduce((size, part) => size + part.length, 0));
  let filled = 0;
  for (const part of parts) {
    values.set(part, filled);
    filled += part.length;
  }
  const topology = model.toJSON(null, false) as object;
  model.dispose();
  return { description: { topology, parameters }, values };
}

/** About 0.3 in size, and near 1 for what scales: repeatable without tfjs's random numbers. */
function valuesFor(name: string, size: number, place: number): Float32Array {
  const centre = /gamma|moving_variance/.test(name) ? 1 : 0;
  return Float32Array.from({ length: size }, (_, i) => centre + 0.3 * Math.sin(place + 1.3 * i));
}
