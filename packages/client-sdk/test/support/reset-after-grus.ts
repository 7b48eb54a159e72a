import * as tf from "@tensorflow/tfjs";
import { describeModel } from "./model-task.ts";

const { layers } = tf;

/**
 * Describes a model over [5, 3] with two GRUs whose reset acts last, over moments some of which do not
 * count. tfjs makes no such layer by itself, but reads one from a topology.
 * @param settings - Of both layers.
 */
export function resetAfterGrus(settings: {
  readonly useBias?: boolean;
  readonly recurrentDropout?: number;
}): ReturnType<typeof describeModel> {
  const { description } = describeModel(
    tf.sequential({
      layers: [
        layers.reLU({ inputShape: [5, 3] }),
        layers.masking({}),
        layers.gru({ units: 4, returnSequences: true, ...settings }),
        layers.gru({ units: 5, recurrentActivation: "sigmoid", ...settings }),
        layers.dense({ units: 3, activation: "softmax" }),
      ],
    }),
  );
  const text = JSON.stringify(description.topology);
  const topology = JSON.parse(
    text.replaceAll('"reset_after":false', '"reset_after":true'),
  ) as object;
  const parameters = description.parameters.map(({ name, shape }) => ({
    ...{ name, shape: /gru.*bias/.test(name) ? [2, ...shape] : shape },
  }));
  const size = parameters.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  const values = Float32Array.from({ length: size }, (_, i) => 0.4 * Math.sin(1.3 * i));
  return { description: { topology, parameters }, values };
}
