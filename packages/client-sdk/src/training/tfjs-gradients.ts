import * as tf from "@tensorflow/tfjs";

/**
 * Computes something whose derivative of |x| at 0 is 0, as in Keras. tfjs takes it as −1 (4.22), so
 * that an L1 penalty would move weights that are exactly 0. The rest of the process keeps the
 * derivative of tfjs, since losses of tfjs rely on it.
 * @param compute - Synchronous; what it computes is differentiated later.
 */
export function withFlatZero<T>(compute: () => T): T {
  const own = tf.getGradient(tf.Abs);
  replaceGradient(absGradient);
  try {
    return compute();
  } finally {
    replaceGradient(own);
  }
}

function replaceGradient(config: tf.GradConfig): void {
  tf.unregisterGradient(tf.Abs);
  tf.registerGradient(config);
}

const absGradient: tf.GradConfig = {
  kernelName: tf.Abs,
  inputsToSave: ["x"],
  gradFunc: (dy, [x]) => ({ x: () => tf.mul(dy as tf.Tensor, tf.sign(x!)) }),
};
