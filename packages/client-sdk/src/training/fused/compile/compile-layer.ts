// Compiles one layer of a topology: one node or more for what it computes, and one for its
// activation.
//
// Layers have the names and the fields of Keras, with the defaults of tfjs for fields that are
// missing. A field that would change the result in a way that no node can express leads to a
// `LayerRefusal`, whose message completes the sentence "the layer NAME (KIND): …".
import { ACTIVATION_LAYERS } from "./compile-activation.ts";
import { attention, positionEmbedding } from "./compile-attention.ts";
import { ARRANGEMENT_LAYERS } from "./compile-arrangement.ts";
import { DENSE_LAYERS } from "./compile-dense.ts";
import { IMAGE_LAYERS } from "./compile-image-layer.ts";
import { MERGE_LAYERS } from "./compile-merge.ts";
import { NORMALIZATION_LAYERS } from "./compile-normalization.ts";
import { SEQUENCE_LAYERS } from "./compile-sequence-layer.ts";
import { WRAPPER_LAYERS } from "./compile-wrapper.ts";
import { LayerRefusal } from "./layer-config.ts";
import { parameterRules } from "./parameter-rules.ts";
import type { CompiledLayer, LayerCompiler, LayerToCompile } from "./layer-to-compile.ts";

/** The layers with one input, by the names of their kinds. To add a kind, add it to its family. */
const LAYERS: Readonly<Record<string, LayerCompiler>> = {
  ...DENSE_LAYERS,
  ...ACTIVATION_LAYERS,
  ...ARRANGEMENT_LAYERS,
  ...IMAGE_LAYERS,
  ...NORMALIZATION_LAYERS,
  ...SEQUENCE_LAYERS,
  PositionEmbedding: positionEmbedding,
};

/**
 * Compiles a layer of any kind.
 * @throws LayerRefusal when the fused trainer cannot take the layer exactly as it is.
 */
export function compileLayer(layer: LayerToCompile): CompiledLayer {
  const made = compileKind(layer);
  return { ...made, rules: made.rules ?? parameterRules(layer, made.parameters) };
}

function compileKind(layer: LayerToCompile): CompiledLayer {
  const { kind, inputs } = layer;
  // `Object.hasOwn`, because a kind comes from a stranger and may be named "constructor".
  if (kind === "MultiHeadAttention") return attention(layer);
  if (Object.hasOwn(MERGE_LAYERS, kind)) return MERGE_LAYERS[kind]!(layer);
  const isWrapper = Object.hasOwn(WRAPPER_LAYERS, kind);
  if (!isWrapper && !Object.hasOwn(LAYERS, kind)) {
    throw new LayerRefusal("it has no layer of this kind");
  }
  if (inputs.length !== 1) throw new LayerRefusal(`it has ${inputs.length} inputs`);
  if (isWrapper) return WRAPPER_LAYERS[kind]!(layer, compileLayer);
  return LAYERS[kind]!(layer, inputs[0]!.shape);
}
