import { TributaryError } from "../errors.ts";
import { encodeCheckpoint } from "./checkpoint.ts";
import { layoutOf } from "./parameter-layout.ts";
import type { ModelDescription } from "./tfjs-model.ts";

/** The files of a tfjs LayersModel, by name. */
export interface TfjsModelFiles {
  /** JSON text. */
  readonly "model.json": string;
  /** Little-endian float32 values of all weights: the checkpoint's bytes, a view of the values given. */
  readonly "weights.bin": Uint8Array;
}

/**
 * Writes a model in the format that `tf.loadLayersModel` reads.
 * @param values - Shape [layoutOf(description.parameters).size]; not modified.
 * @throws TributaryError `BAD_PARAMETER` when the values do not fit the model.
 */
export function writeTfjsModel(
  description: ModelDescription,
  values: Float32Array,
): TfjsModelFiles {
  const { size } = layoutOf(description.parameters);
  if (values.length !== size) {
    throw new TributaryError(
      "BAD_PARAMETER",
      `There are ${values.length} values for a model of ${size} parameters`,
      { remedy: "Give the values of a checkpoint of this model." },
    );
  }
  const model = {
    format: "layers-model",
    generatedBy: "Tributary",
    convertedBy: null,
    modelTopology: description.topology,
    weightsManifest: [
      {
        paths: ["weights.bin"],
        weights: description.parameters.map(({ name, shape }) => ({
          name,
          shape,
          dtype: "float32",
        })),
      },
    ],
  };
  return { "model.json": JSON.stringify(model), "weights.bin": encodeCheckpoint(values) };
}
