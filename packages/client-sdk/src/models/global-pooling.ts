import * as tf from "@tensorflow/tfjs";

type FromConfig = tf.serialization.FromConfigMethod<tf.serialization.Serializable>;

/**
 * Makes the layers that pool the whole of an input heed `keepdims`, which tfjs 4.22 passes over: the
 * axes that they pool then stay, with the length 1. Calling it again changes nothing.
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
  if (config["keepdims"] === true) keepAxes(layer, config["dataFormat"] === "channelsFirst");
  return layer;
};

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
