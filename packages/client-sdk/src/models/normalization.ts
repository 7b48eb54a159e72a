import * as tf from "@tensorflow/tfjs";

type FromConfig = tf.serialization.FromConfigMethod<tf.serialization.Serializable>;

/**
 * Makes tfjs train the normalisations that neither scale nor center, or do one of both: tfjs 4.22
 * reads the weights in training that such layers do not have. Calling it again changes nothing.
 */
export function registerNormalizations(): void {
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  for (const name of ["BatchNormalization", "LayerNormalization"]) {
    classNameMap[name] = [classNameMap[name]![0], completedFromConfig];
  }
}

const completedFromConfig: FromConfig = (constructor, config) => {
  const layer = new constructor(config) as tf.layers.Layer;
  const { scale = true, center = true } = config;
  if (scale === true && center === true) return layer;
  const build = layer.build.bind(layer);
  const configOf = layer.getConfig.bind(layer);
  layer.build = (shape) => {
    build(shape);
    const size = sizesOf(layer, shape as tf.Shape);
    if (scale !== true) complete(layer, "scale", "gamma", () => tf.ones(size));
    if (center !== true) complete(layer, "center", "beta", () => tf.zeros(size));
  };
  layer.getConfig = () => ({ ...configOf(), scale, center });
  return layer;
};

/** Gives a layer a constant in the place of a weight. Its own flag would have it left out. */
function complete(layer: tf.layers.Layer, flag: string, name: string, read: () => tf.Tensor): void {
  Reflect.set(layer, flag, true);
  Reflect.set(layer, name, { read });
}

/** The sizes of the axes that the layer normalises, of which it has one value each. */
function sizesOf(layer: tf.layers.Layer, shape: tf.Shape): number[] {
  const axes: unknown = Reflect.get(layer, "axis");
  const listed = (Array.isArray(axes) ? axes : [axes]) as readonly number[];
  return listed.map((axis) => shape.at(axis)!);
}
