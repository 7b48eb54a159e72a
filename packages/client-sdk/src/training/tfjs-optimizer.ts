import * as tf from "@tensorflow/tfjs";
import type { Plan } from "@tributary/protocol";

/**
 * The plan's optimizer with fresh state. Defaults are tfjs's, written out so that another engine has the same.
 * @returns An optimizer of the caller's own: call `disposeOptimizer` on it.
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

export function disposeOptimizer(optimizer: tf.Optimizer): void {
  optimizer.dispose();
  // tfjs's momentum optimizer forgets the learning rate's tensor, which it inherits from plain descent.
  if (optimizer.getClassName() === "Momentum") {
    tf.SGDOptimizer.prototype.dispose.call(optimizer as tf.SGDOptimizer);
  }
}
