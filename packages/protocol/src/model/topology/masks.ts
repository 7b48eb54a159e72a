// Masks say which moments of a sequence are there. Where tfjs treats them otherwise than Keras does, a
// model would compute something else.
import { isFields, type Fields } from "./fields.ts";
import { unsupportedLayer } from "./unsupported-layer.ts";

/** Whether a layer of a topology makes a mask. */
export function hasMasks(topology: unknown): boolean {
  if (Array.isArray(topology)) return topology.some(hasMasks);
  if (!isFields(topology)) return false;
  const isMask = topology["class_name"] === "Masking" || topology["mask_zero"] === true;
  return isMask || Object.values(topology).some(hasMasks);
}

/**
 * Refuses a layer that would see a mask in Keras and does not in tfjs.
 * @throws TributaryError `MODEL_UNSUPPORTED`.
 */
export function requireUnmasked(name: string, kind: string, config: Fields): void {
  const fault =
    kind === "GlobalAveragePooling1D"
      ? "in tfjs it takes the mean over masked moments as well"
      : kind === "MultiHeadAttention"
        ? "in tfjs it attends to masked moments as well"
        : config["zero_output_for_mask"] === true && config["return_sequences"] === true
          ? "in tfjs its outputs at masked moments are not zero"
          : undefined;
  if (fault === undefined) return;
  throw unsupportedLayer(name, fault, "Train without masks: take mask_zero or Masking away.");
}

/** Layers that hand on the mask of their input. Recurrent ones do so where they give sequences. */
const HANDS_ON: ReadonlySet<unknown> = new Set([
  ...["Masking", "Embedding", "Dropout", "SpatialDropout1D", "Dense", "Activation", "ReLU"],
  ...["BatchNormalization", "LayerNormalization", "TimeDistributed"],
]);

/**
 * Refuses an inner model that ends in a mask. What comes behind it would see the mask in Keras, and
 * does not in tfjs.
 * @throws TributaryError `MODEL_UNSUPPORTED`.
 */
export function requireNoMaskOf(name: string, { layers }: Fields): void {
  const last: unknown = Array.isArray(layers) ? layers.at(-1) : undefined;
  if (!isFields(last) || !hasMasks(layers)) return;
  if (!HANDS_ON.has(last["class_name"]) && !givesSequences(last)) return;
  throw unsupportedLayer(
    name,
    "it ends in a sequence with a mask, which in tfjs does not leave an inner model",
    "Put its layers into the outer model.",
  );
}

/** Whether a layer, or the one that it wraps, gives a sequence. */
function givesSequences({ config }: Fields): boolean {
  const fields = isFields(config) ? config : {};
  if (fields["return_sequences"] === true) return true;
  return isFields(fields["layer"]) && givesSequences(fields["layer"]);
}
