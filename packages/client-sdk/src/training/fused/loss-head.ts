import type { Plan } from "@tributary/protocol";
import type { Kernels } from "./kernels.ts";
import type { NodeValues } from "./layers/layer.ts";
import type { OutputActivation } from "./layer-node.ts";

/** What stands behind the last node: the last activation and the loss. */
export interface LossHead {
  /** @returns The batch's mean loss; leaves the outputs, and the gradient of the last node. */
  score(count: number): number;
  /** Outputs only. */
  activate(count: number): void;
}

/**
 * Makes the end of a network. Means are over rows of the last axis for cross-entropies over classes, over all values
 * for the others, as tfjs has them.
 * @param targets, outputs - Places of the targets and of the model's outputs, of the last node's size.
 * @param end - Its gradient is where the loss's gradient goes; it always has one.
 */
export function lossHead(
  kernels: Kernels,
  loss: Plan["training"]["loss"],
  activation: OutputActivation,
  end: NodeValues,
  targets: number,
  outputs: number,
): LossHead {
  const { values: x, gradient: dx, size, shape } = end;
  const columns = shape.at(-1) ?? 1;
  const activate = (count: number): void => {
    if (activation === "softmax") kernels.softmax(x, outputs, (count * size) / columns, columns);
    else if (activation === "sigmoid") kernels.sigmoid(x, outputs, count * size);
    else kernels.heap().copyWithin(outputs, x, x + count * size);
  };
  const error = (values: number): number => {
    const weight = 1 / values;
    if (loss === "huberLoss") return kernels.huberLoss(outputs, targets, dx, values, weight, 1);
    return loss === "meanSquaredError"
      ? kernels.squaredError(outputs, targets, dx, values, weight)
      : kernels.absoluteError(outputs, targets, dx, values, weight);
  };
  switch (loss) {
    case "categoricalCrossentropy":
    case "sparseCategoricalCrossentropy":
      return {
        activate,
        score(count) {
          const rows = (count * size) / columns;
          const sum = kernels.softmaxCrossEntropy(x, targets, outputs, dx, rows, columns, 1 / rows);
          if (activation === "linear") activate(count);
          return sum / rows;
        },
      };
    case "binaryCrossentropy":
      return {
        activate,
        score(count) {
          const values = count * size;
          const sum = kernels.sigmoidCrossEntropy(x, targets, outputs, dx, values, 1 / values);
          if (activation === "linear") activate(count);
          return sum / values;
        },
      };
    case "meanSquaredError":
    case "meanAbsoluteError":
    case "huberLoss":
      return {
        activate,
        score(count) {
          const values = count * size;
          activate(count);
          const sum = error(values);
          if (activation === "softmax") {
            kernels.softmaxGradient(outputs, dx, dx, values / columns, columns);
          } else if (activation === "sigmoid") {
            kernels.sigmoidGradient(outputs, dx, dx, values);
          }
          return sum / values;
        },
      };
  }
}
