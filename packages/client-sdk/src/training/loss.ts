import * as tf from "@tensorflow/tfjs";
import type { Plan } from "@tributary/protocol";
import type { OutputActivation } from "./logits-topology.ts";

/**
 * The mean loss of a batch.
 *
 * Cross-entropies are taken from logits where the model's last activation could be taken off (`logitsTopology`):
 * log-softmax and log-sigmoid without overflow, with the exact gradient however wrong the model is. A linear end is
 * taken to give logits as well. Otherwise outputs are probabilities and are clipped to [1e-7, 1 − 1e-7], as
 * `tf.metrics.categoricalCrossentropy` does.
 * @param outputs - What the model without its last activation gave, shape [batch, ...outputShape].
 * @param targets - Same shape.
 * @returns A scalar.
 */
export function lossOf(
  loss: Plan["training"]["loss"],
  activation: OutputActivation | undefined,
  targets: tf.Tensor,
  outputs: tf.Tensor,
): tf.Scalar {
  switch (loss) {
    case "categoricalCrossentropy":
    case "sparseCategoricalCrossentropy":
      // Labels that were class indices are one-hot by now, so that the two are the same.
      return activation === "softmax" || activation === "linear"
        ? scalar(tf.losses.softmaxCrossEntropy(targets, outputs))
        : tf.mean(tf.metrics.categoricalCrossentropy(targets, activate(outputs, activation)));
    case "binaryCrossentropy":
      return activation === "sigmoid" || activation === "linear"
        ? scalar(tf.losses.sigmoidCrossEntropy(targets, outputs))
        : tf.mean(tf.metrics.binaryCrossentropy(targets, activate(outputs, activation)));
    case "meanSquaredError":
      return scalar(tf.losses.meanSquaredError(targets, activate(outputs, activation)));
    case "huberLoss":
      return scalar(tf.losses.huberLoss(targets, activate(outputs, activation)));
    case "meanAbsoluteError":
      return scalar(tf.losses.absoluteDifference(targets, activate(outputs, activation)));
  }
}

/** Applies the activation that was taken off the last layer. */
export function activate(outputs: tf.Tensor, activation: OutputActivation | undefined): tf.Tensor {
  if (activation === "softmax") return tf.softmax(outputs);
  if (activation === "sigmoid") return tf.sigmoid(outputs);
  return outputs;
}

/** tf.losses reduces to a scalar by default, which its type does not say. */
const scalar = (value: tf.Tensor): tf.Scalar => value.asScalar();
