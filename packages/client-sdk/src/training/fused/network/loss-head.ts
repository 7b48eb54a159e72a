import type { Address, Plan } from "@tributary/protocol";
import type { CompiledModel } from "../compile/layer-node.ts";
import type { TrainingKernels } from "../kernels/training-kernels.ts";
import type { NodeValues } from "../layers/layer.ts";

/** What follows the last node: the last activation and the loss. */
export interface LossHead {
  /**
   * Computes the outputs of the model and the gradient of the last node.
   * @returns The mean loss of the batch.
   */
  score(count: number): number;
  /** Computes the outputs of the model, and nothing else. */
  activate(count: number): void;
}

/**
 * Makes the end of a network. As in tfjs, the loss is a mean over the rows of the last axis for
 * cross-entropies over classes, and a mean over all values for the other losses.
 * @param end - The last node. It always has a gradient, which is where the gradient of the loss
 *   goes.
 * @param targets, outputs - Where the targets and the outputs of the model lie. They have the size
 *   of the last node.
 */
export function lossHead(
  kernels: TrainingKernels,
  loss: Plan["training"]["loss"],
  { output: activation, givesLogits }: Pick<CompiledModel, "output" | "givesLogits">,
  end: NodeValues,
  targets: Address,
  outputs: Address,
): LossHead {
  const { values: x, gradient: dx, size, shape } = end;
  const columns = shape.at(-1) ?? 1;
  // Cross-entropies read the logits and write the outputs. Other losses read the outputs.
  const ofLogits = { x, targets, y: outputs, dx };
  const ofOutputs = { x: outputs, targets, dx };
  const activate = (count: number): void => {
    if (activation === "softmax") kernels.softmax(x, outputs, (count * size) / columns, columns);
    else if (activation === "sigmoid") kernels.sigmoid(x, outputs, count * size);
    else kernels.copy(x, outputs, count * size);
  };
  /** Makes the loss of the outputs. It goes back through the activation to the logits. */
  const ofActivated = (
    meanOver: (values: number) => number,
    sum: (values: number, weight: number) => number,
  ): LossHead => ({
    activate,
    score(count) {
      const values = count * size;
      activate(count);
      const loss = sum(values, 1 / meanOver(values));
      // So far dx is the gradient of the outputs. The activation turns it into that of the logits, in
      // place.
      if (activation === "softmax") {
        kernels.softmaxGradient(outputs, dx, dx, values / columns, columns);
      } else if (activation === "sigmoid") {
        kernels.sigmoidGradient(outputs, dx, dx, values);
      }
      return loss / meanOver(values);
    },
  });
  const overRows = (values: number): number => values / columns;
  const overValues = (values: number): number => values;
  // Each loss writes the gradient of `weight` times its sum: the weight makes a mean of it.
  const error = (values: number, weight: number): number => {
    if (loss === "huberLoss") return kernels.huberLoss(ofOutputs, values, weight, 1);
    return loss === "meanSquaredError"
      ? kernels.squaredError(ofOutputs, values, weight)
      : kernels.absoluteError(ofOutputs, values, weight);
  };
  switch (loss) {
    case "categoricalCrossentropy":
    case "sparseCategoricalCrossentropy":
      if (!givesLogits) {
        return ofActivated(overRows, (values, weight) =>
          kernels.shareCrossEntropy(ofOutputs, values / columns, columns, weight),
        );
      }
      return {
        activate,
        score(count) {
          const rows = (count * size) / columns;
          const sum = kernels.softmaxCrossEntropy(ofLogits, rows, columns, 1 / rows);
          // The kernel has written probabilities to the outputs. A linear model gives its logits
          // instead.
          if (activation === "linear") activate(count);
          return sum / rows;
        },
      };
    case "binaryCrossentropy":
      if (!givesLogits) {
        return ofActivated(overValues, (values, weight) =>
          kernels.chanceCrossEntropy(ofOutputs, values, weight),
        );
      }
      return {
        activate,
        score(count) {
          const values = count * size;
          const sum = kernels.sigmoidCrossEntropy(ofLogits, values, 1 / values);
          if (activation === "linear") activate(count);
          return sum / values;
        },
      };
    case "meanSquaredError":
    case "meanAbsoluteError":
    case "huberLoss":
      return ofActivated(overValues, error);
  }
}
