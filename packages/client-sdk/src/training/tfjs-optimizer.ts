import * as tf from "@tensorflow/tfjs";
import { completeOptimizer, type CompleteOptimizer, type OptimizerSpec } from "@tributary/protocol";

/** How tfjs trains with one of the optimizers that a plan can name. */
interface TfjsOptimizer<Spec> {
  create(spec: Spec): tf.Optimizer;
}

/** One for each name: the compiler holds this table to the optimizers that a plan can name. */
const OPTIMIZERS: {
  readonly [Name in OptimizerSpec["name"]]: TfjsOptimizer<
    Extract<CompleteOptimizer, { readonly name: Name }>
  >;
} = {
  sgd: {
    create: ({ learningRate, momentum, nesterov }) =>
      momentum === 0
        ? tf.train.sgd(learningRate)
        : tf.train.momentum(learningRate, momentum, nesterov),
  },
  adam: {
    create: ({ learningRate, beta1, beta2, epsilon }) =>
      tf.train.adam(learningRate, beta1, beta2, epsilon),
  },
  adagrad: {
    create: ({ learningRate, initialAccumulator }) =>
      tf.train.adagrad(learningRate, initialAccumulator),
  },
  rmsprop: {
    create: ({ learningRate, decay, momentum, epsilon }) =>
      tf.train.rmsprop(learningRate, decay, momentum, epsilon),
  },
};

/**
 * Makes the plan's optimizer, with fresh state. What the plan leaves out has the protocol's default
 * and not tfjs's own, so that every engine trains with the same numbers.
 * @returns An optimizer that the caller owns and frees with `disposeOptimizer`.
 */
export function tfjsOptimizer(plan: OptimizerSpec): tf.Optimizer {
  const spec = completeOptimizer(plan);
  const optimizer: TfjsOptimizer<CompleteOptimizer> = OPTIMIZERS[spec.name];
  return optimizer.create(spec);
}

/** Frees an optimizer of `tfjsOptimizer` with its state. */
export function disposeOptimizer(optimizer: tf.Optimizer): void {
  optimizer.dispose();
  // tfjs's momentum optimizer does not free the tensor of the learning rate, which it inherits from
  // plain gradient descent.
  if (optimizer.getClassName() === "Momentum") {
    tf.SGDOptimizer.prototype.dispose.call(optimizer as tf.SGDOptimizer);
  }
}
