import * as tf from "@tensorflow/tfjs";
import type { Plan } from "@tributary/protocol";
import type { OutputActivation } from "./logits-topology.ts";

/**
 * Computes the mean loss of a batch.
 *
 * Cross-entropies are computed from logits when the model's last activation could be removed
 * (`logitsTopology`): with log-softmax or log-sigmoid, which do not overflow and give the exact
 * gradient however wrong the model is. The outputs of a model that ends linearly count as logits as
 * well. Otherwise the outputs are probabilities and are clipped to [1e-7, 1 − 1e-7], as
 * `tf.metrics.categoricalCrossentropy` does.
 * @param activation - What `logitsTopology` has removed.
 * @param targets - The targets, shape [batch, ...outputShape].
 * @param outputs - What the model without its last activation computed, same shape.
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
      // Class indices have become one-hot targets by now, so the two losses are the same.
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

/** Applies the activation that was removed from the last layer. */
export function activate(outputs: tf.Tensor, activation: OutputActivation | undefined): tf.Tensor {
  if (activation === "softmax") return tf.softmax(outputs);
  if (activation === "sigmoid") return tf.sigmoid(outputs);
  return outputs;
}

/** The functions of tf.losses return a scalar by default, which their type does not say. */
const scalar = (value: tf.Tensor): tf.Scalar => value.asScalar();
