import * as tf from "@tensorflow/tfjs";
import type { Plan } from "@tributary/protocol";

/**
 * Makes the plan's optimizer with fresh state. The defaults are those of tfjs. They are written
 * out, because the fused engine must use the same ones.
 * @returns An optimizer that belongs to the caller, who calls `disposeOptimizer` on it.
 */
export function tfjsOptimizer(spec: Plan["training"]["optimizer"]): tf.Optimizer {
  switch (spec.name) {
    case "sgd":
      return spec.momentum === undefined || spec.momentum === 0
        ? tf.train.sgd(spec.learningRate)
        : tf.train.momentum(spec.learningRate, spec.momentum, spec.nesterov ?? false);
    case "adam":
      return tf.train.adam(
        spec.learningRate,
        spec.beta1 ?? 0.9,
        spec.beta2 ?? 0.999,
        spec.epsilon ?? 1e-7,
      );
    case "adagrad":
      return tf.train.adagrad(spec.learningRate, spec.initialAccumulator ?? 0.1);
    case "rmsprop":
      return tf.train.rmsprop(
        spec.learningRate,
        spec.decay ?? 0.9,
        spec.momentum ?? 0,
        spec.epsilon ?? 1e-7,
      );
  }
}

/** Frees an optimizer and all of its tensors. */
export function disposeOptimizer(optimizer: tf.Optimizer): void {
  optimizer.dispose();
  // tfjs's momentum optimizer does not free the tensor with the learning rate, which it inherits
  // from plain gradient descent.
  if (optimizer.getClassName() === "Momentum") {
    tf.SGDOptimizer.prototype.dispose.call(optimizer as tf.SGDOptimizer);
  }
}
