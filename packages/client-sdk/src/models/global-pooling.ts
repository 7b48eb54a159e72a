import * as tf from "@tensorflow/tfjs";

type FromConfig = tf.serialization.FromConfigMethod<tf.serialization.Serializable>;

/**
 * Corrects the layers that pool the whole of an input. They heed `keepdims`, which tfjs 4.22 passes
 * over: the axes that they pool then stay, with the length 1. The mean of a sequence is that of the
 * moments that count, as in Keras. And where several values are the
 * largest they share its gradient, which tfjs gives to each of them, as often as a word or a padding
 * comes again. Calling it again changes nothing.
 */
export function registerGlobalPooling(): void {
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  for (const mode of ["Average", "Max"]) {
    for (const axes of ["1D", "2D"]) {
      const name = `Global${mode}Pooling${axes}`;
      classNameMap[name] = [classNameMap[name]![0], keepingFromConfig];
    }
  }
}

const keepingFromConfig: FromConfig = (constructor, config) => {
  const layer = new constructor(config) as tf.layers.Layer;
  if (layer.getClassName() === "GlobalAveragePooling1D") skipMoments(layer);
  if (layer.getClassName().startsWith("GlobalMax")) shareGradient(layer, config["dataFormat"]);
  if (config["keepdims"] === true) keepAxes(layer, config["dataFormat"] === "channelsFirst");
  return layer;
};

/** @param layer - Gives the mean of all moments; its calls are changed. */
function skipMoments(layer: tf.layers.Layer): void {
  const call = layer.call.bind(layer);
  layer.call = (inputs, kwargs) => {
    const mask: unknown = kwargs?.["mask"];
    if (!(mask instanceof tf.Tensor)) return call(inputs, kwargs);
    return tf.tidy(() => {
      const input = Array.isArray(inputs) ? inputs[0]! : inputs;
      const flags = tf.expandDims(tf.cast(mask, "float32"), 2);
      // Where no moment counts, the mean is zero.
      const counted = tf.maximum(tf.sum(flags, 1), 1);
      return tf.div(tf.sum(tf.mul(input, flags), 1), counted);
    });
  };
}

/** @param layer - Pools by the maximum; its calls are changed. */
function shareGradient(layer: tf.layers.Layer, dataFormat: unknown): void {
  const first = dataFormat === "channelsFirst" ? 2 : 1;
  const axes = layer.getClassName().endsWith("1D") ? [1] : [first, first + 1];
  const pool = tf.customGrad((x, save) => {
    const input = x as tf.Tensor;
    const most = tf.max(input, axes, true);
    (save as tf.GradSaveFunc)([input, most]);
    const gradFunc = (dy: tf.Tensor, [values, largest]: tf.Tensor[]): tf.Tensor => {
      const isLargest = tf.cast(tf.equal(values!, largest!), "float32");
      const shares = tf.div(isLargest, tf.sum(isLargest, axes, true));
      return tf.mul(shares, tf.reshape(dy, largest!.shape));
    };
    return { value: tf.squeeze(most, axes), gradFunc };
  });
  layer.call = (inputs) => tf.tidy(() => pool(Array.isArray(inputs) ? inputs[0]! : inputs));
}

/** @param layer - Gives shapes [examples, channels]; its calls and its configuration are changed. */
function keepAxes(layer: tf.layers.Layer, channelsFirst: boolean): void {
  const call = layer.call.bind(layer);
  const shapeOf = layer.computeOutputShape.bind(layer);
  const configOf = layer.getConfig.bind(layer);
  /** The shape with the pooled axes, of which an image has two and a sequence one. */
  const kept = <Size>([examples, channels]: readonly Size[], one: Size): Size[] => {
    const ones = layer.getClassName().endsWith("1D") ? [one] : [one, one];
    return channelsFirst ? [examples!, channels!, ...ones] : [examples!, ...ones, channels!];
  };
  layer.call = (inputs, kwargs) =>
    tf.tidy(() => {
      const pooled = call(inputs, kwargs) as tf.Tensor;
      return tf.reshape(pooled, kept(pooled.shape, 1));
    });
  layer.computeOutputShape = (shape) => kept<number | null>(shapeOf(shape) as tf.Shape, 1);
  layer.getConfig = () => ({ ...configOf(), keepdims: true });
}
