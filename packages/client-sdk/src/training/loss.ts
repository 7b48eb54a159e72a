import * as tf from "@tensorflow/tfjs";
import type { LossName } from "@tributary/protocol";
import type { OutputActivation } from "./logits-topology.ts";
import { withFlatZero } from "./tfjs-gradients.ts";

/**
 * The mean loss of a batch.
 * @param targets - Shape [batch, ...outputShape].
 * @param outputs - Same shape; what the model gave without its last activation.
 * @param activation - The last activation, which could be taken off the model; undefined if not.
 * @returns A scalar.
 */
type MeanLoss = (
  targets: tf.Tensor,
  outputs: tf.Tensor,
  activation: OutputActivation | undefined,
) => tf.Scalar;

/**
 * Cross-entropy over classes. A label that was a class index is one-hot by now, so that it makes no
 * difference which of the two losses the plan names.
 *
 * The targets of a row need not sum to 1: a row of zeros is masked, and several ones mean several
 * classes. The gradient is Σ target · softmax − target. `tf.losses.softmaxCrossEntropy` leaves the
 * sum out (tfjs 4.22), and so pulls every logit of a masked row down.
 */
const crossEntropyOverClasses: MeanLoss = (targets, outputs, activation) =>
  activation === "softmax" || activation === "linear"
    ? tf.mean(tf.neg(tf.sum(tf.mul(targets, tf.logSoftmax(outputs)), -1)))
    : tf.mean(tf.metrics.categoricalCrossentropy(targets, activate(outputs, activation)));

/** One for each name: the compiler holds this table to the losses that a plan can name. */
const LOSSES: Readonly<Record<LossName, MeanLoss>> = {
  categoricalCrossentropy: crossEntropyOverClasses,
  sparseCategoricalCrossentropy: crossEntropyOverClasses,
  // ln(1 + e^x) − x · target, whose gradient is the sigmoid less the target.
  binaryCrossentropy: (targets, outputs, activation) =>
    activation === "sigmoid" || activation === "linear"
      ? tf.mean(tf.sub(tf.softplus(outputs), tf.mul(outputs, targets)))
      : tf.mean(tf.metrics.binaryCrossentropy(targets, activate(outputs, activation))),
  meanSquaredError: (targets, outputs, activation) =>
    scalar(tf.losses.meanSquaredError(targets, activate(outputs, activation))),
  meanAbsoluteError: (targets, outputs, activation) =>
    tf.mean(withFlatZero(() => tf.abs(tf.sub(activate(outputs, activation), targets)))),
  huberLoss: (targets, outputs, activation) =>
    scalar(tf.losses.huberLoss(targets, activate(outputs, activation))),
};

/**
 * The mean loss of a batch on tfjs.
 *
 * Cross-entropies are computed from logits where the model's last activation could be taken off
 * (`logitsTopology`): log-softmax and log-sigmoid do not overflow, and the gradient is exact
 * however wrong the model is. A model with a linear end is taken to give logits as well. Other
 * outputs are taken as probabilities and clipped to [1e-7, 1 − 1e-7], as
 * `tf.metrics.categoricalCrossentropy` does.
 * @param outputs - What the model without its last activation gave, shape [batch, ...outputShape].
 * @param targets - Same shape.
 * @returns A scalar.
 */
export function lossOf(
  loss: LossName,
  activation: OutputActivation | undefined,
  targets: tf.Tensor,
  outputs: tf.Tensor,
): tf.Scalar {
  return LOSSES[loss](targets, outputs, activation);
}

/** Applies the activation that was taken off the last layer. */
export function activate(outputs: tf.Tensor, activation: OutputActivation | undefined): tf.Tensor {
  if (activation === "softmax") return tf.softmax(outputs);
  if (activation === "sigmoid") return tf.sigmoid(outputs);
  return outputs;
}

/** tf.losses reduces to a scalar by default, which its type does not say. */
const scalar = (value: tf.Tensor): tf.Scalar => value.asScalar();
