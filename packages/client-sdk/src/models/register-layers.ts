import * as tf from "@tensorflow/tfjs";
import { registerGlobalPooling } from "./global-pooling.ts";
import { registerGroupNormalization } from "./group-normalization.ts";
import { registerGru } from "./gru.ts";
import { MultiHeadAttention } from "./multi-head-attention.ts";
import { registerNormalizations } from "./normalization.ts";
import { PositionEmbedding } from "./position-embedding.ts";

/**
 * Has tfjs build, from a topology, the layers of Keras that it lacks, and correct those that it
 * builds differently. This concerns the whole process; calling it again changes nothing.
 */
export function registerLayers(): void {
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  registerGroupNormalization();
  registerGru();
  registerGlobalPooling();
  registerNormalizations();
  for (const layer of [MultiHeadAttention, PositionEmbedding]) {
    // One that the app has registered is left to it.
    if (!(layer.className in classNameMap)) tf.serialization.registerClass<tf.layers.Layer>(layer);
  }
}
