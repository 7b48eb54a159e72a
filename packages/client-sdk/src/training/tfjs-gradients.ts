import * as tf from "@tensorflow/tfjs";

/**
 * Corrects gradients of tfjs 4.22 for the whole process. tfjs takes the derivative of |x| at 0 as
 * −1, so that an L1 penalty moves weights that are exactly 0, and the mean absolute error moves
 * outputs that are exactly right. Here it is 0, as in Keras.
 */
export function registerGradients(): void {
  if (tf.getGradient(tf.Abs) === absGradient) return;
  tf.unregisterGradient(tf.Abs);
  tf.registerGradient(absGradient);
}

const absGradient: tf.GradConfig = {
  kernelName: tf.Abs,
  inputsToSave: ["x"],
  gradFunc: (dy, [x]) => ({ x: () => tf.mul(dy as tf.Tensor, tf.sign(x!)) }),
};
