import { TributaryError } from "../errors.ts";
import { encodeCheckpoint } from "./checkpoint.ts";
import { layoutOf } from "./parameter-layout.ts";
import type { ModelDescription } from "./tfjs-model.ts";

/** The files of a tfjs LayersModel, by their names. */
export interface TfjsModelFiles {
  /** JSON text. */
  readonly "model.json": string;
  /**
   * The values of all weights as little-endian float32. They are the checkpoint's bytes, and may be
   * a view of the values given.
   */
  readonly "weights.bin": Uint8Array;
}

/**
 * Writes a model in the format that `tf.loadLayersModel` reads.
 * @param values - Float32, shape [layoutOf(description.parameters).size]; not modified.
 * @throws TributaryError `BAD_PARAMETER` when the number of values is not that of the model's
 * parameters.
 */
export function writeTfjsModel(
  description: ModelDescription,
  values: Float32Array,
): TfjsModelFiles {
  const { size } = layoutOf(description.parameters);
  if (values.length !== size) {
    throw new TributaryError(
      "BAD_PARAMETER",
      `There are ${values.length} values, and the model has ${size} parameters`,
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
