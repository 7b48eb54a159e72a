import * as tf from "@tensorflow/tfjs";

/** Layers that hand on a mask in Keras, and drop it in tfjs 4.22. */
const HANDS_ON: ReadonlySet<string> = new Set([
  ...["LeakyReLU", "ELU", "ThresholdedReLU", "GroupNormalization"],
]);

/**
 * Has every layer of a model see the mask of its own input, and no other one. tfjs 4.22 goes on
 * telling all layers of a mask that one of them has seen: so the decoder of a sequence would skip the
 * moments that its encoder has skipped.
 * @param model - The calls of its layers are changed.
 */
export function scopeMasks(model: tf.LayersModel): void {
  /** What the model was told of its own input, while it is called as a layer of another one. */
  let outer: unknown;
  const call = model.call.bind(model);
  model.call = (inputs, kwargs) => {
    outer = kwargs?.["mask"];
    try {
      return call(inputs, kwargs);
    } finally {
      outer = undefined;
    }
  };
  for (const layer of model.layers) {
    if (layer instanceof tf.LayersModel) scopeMasks(layer);
    if (HANDS_ON.has(layer.getClassName())) layer.supportsMasking = true;
    const apply = layer.apply.bind(layer);
    layer.apply = (inputs, kwargs) => {
      try {
        return apply(inputs, kwargs);
      } finally {
        // All layers share this object. The mask of the next one is set where its input has one.
        if (kwargs !== undefined) kwargs["mask"] = outer;
      }
    };
  }
}
