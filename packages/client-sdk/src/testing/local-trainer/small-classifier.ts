// The model on which trainers are tested, its examples, and its outputs, loss and gradient computed
// in double precision: what an engine's results are compared with.
import type { Plan } from "@tributary/protocol";
import type { Examples } from "../../examples/examples.ts";

/** The layer sizes: two inputs, four hidden units, three classes. */
const SIZES = [2, 4, 3] as const;

/** Parameters of `trainerPlan`'s model: kernel and bias of `hidden`, then of `output`. */
export const PARAMETER_COUNT: number =
  SIZES[0] * SIZES[1] + SIZES[1] + SIZES[1] * SIZES[2] + SIZES[2];

/** Where the parameters of the layer `output` begin in the flat vector. */
export const OUTPUT_OFFSET: number = SIZES[0] * SIZES[1] + SIZES[1];

/**
 * A plan for a small classifier.
 * @param training - Changes to the plan's training part.
 */
export function trainerPlan(training: Partial<Plan["training"]> = {}): Plan {
  const dense = (name: string, index: 0 | 1, activation: string): object => ({
    class_name: "Dense",
    config: {
      name,
      units: SIZES[index + 1],
      activation,
      use_bias: true,
      ...(index === 0 ? { batch_input_shape: [null, SIZES[0]] } : {}),
    },
  });
  return {
    version: 1,
    task: "conformance",
    population: "test",
    model: {
      format: "tfjs-layers-model",
      topology: {
        class_name: "Sequential",
        config: {
          name: "small",
          layers: [dense("hidden", 0, "relu"), dense("output", 1, "softmax")],
        },
      },
      parameters: [
        { name: "hidden/kernel", shape: [SIZES[0], SIZES[1]] },
        { name: "hidden/bias", shape: [SIZES[1]] },
        { name: "output/kernel", shape: [SIZES[1], SIZES[2]] },
        { name: "output/bias", shape: [SIZES[2]] },
      ],
    },
    training: {
      localEpochs: 1,
      batchSize: 4,
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
 * Weights that are neither zero nor all equal. About half of the hidden units are active with them.
 */
export function trainerWeights(): Float32Array {
  return Float32Array.from({ length: PARAMETER_COUNT }, (_, i) => Math.sin(2 * i + 1) / 2);
}

/** Points on a spiral with three arms. Each arm is a class. */
export function spiralExamples(count: number): Examples {
  const features = new Float32Array(2 * count);
  const labels = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const arm = i % 3;
    const way = (i + 1) / count;
    const angle = 2 * way + (arm * 2 * Math.PI) / 3;
    features[2 * i] = way * Math.cos(angle);
    features[2 * i + 1] = way * Math.sin(angle);
    labels[i] = arm;
  }
  return { features, featureShape: [2], labels, labelShape: [], count };
}

/**
 * Computes the model's class probabilities in double precision.
 * @param inputs - The features of one example, shape [2].
 */
export function referenceOutputs(weights: Float32Array, inputs: Float32Array): number[] {
  const hidden = layer(weights, 0, inputs, SIZES[0], SIZES[1]).map((value) => Math.max(0, value));
  const logits = layer(weights, OUTPUT_OFFSET, hidden, SIZES[1], SIZES[2]);
  const powers = logits.map((logit) => Math.exp(logit - Math.max(...logits)));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/**
 * Computes a dense layer without its activation.
 * @param offset - Where its kernel begins in `weights`; its bias follows the kernel.
 */
function layer(
  weights: Float32Array,
  offset: number,
  inputs: ArrayLike<number>,
  width: number,
  units: number,
): number[] {
  return Array.from({ length: units }, (_, unit) => {
    let sum = weights[offset + width * units + unit]!;
    for (let i = 0; i < width; i++) sum += inputs[i]! * weights[offset + i * units + unit]!;
    return sum;
  });
}

/** Computes the mean cross-entropy over the examples in double precision. */
export function referenceLoss(weights: Float32Array, examples: Examples): number {
  let sum = 0;
  for (let i = 0; i < examples.count; i++) {
    const outputs = referenceOutputs(weights, examples.features.subarray(2 * i, 2 * i + 2));
    sum -= Math.log(outputs[examples.labels[i]!]!);
  }
  return sum / examples.count;
}

/** Computes the gradient of `referenceLoss` by central differences. */
export function referenceGradient(weights: Float32Array, examples: Examples): number[] {
  return Array.from(weights, (weight, i) => {
    const moved = (step: number): number => {
      const changed = weights.slice();
      changed[i] = weight + step;
      return referenceLoss(changed, examples);
    };
    // Weights are float32, so the real distance between the two points is slightly different from
    // 2e-3.
    const up = Math.fround(weight + 1e-3);
    const down = Math.fround(weight - 1e-3);
    return (moved(1e-3) - moved(-1e-3)) / (up - down);
  });
}
