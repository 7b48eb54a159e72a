import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { TributaryError, writeTfjsModel, type ModelDescription } from "@tributary/protocol";

/**
 * Writes a model as a folder that `tf.loadLayersModel` reads: `model.json` and `weights.bin`.
 * @param values - Float32, all parameters of the model in the order of its description.
 * @throws TributaryError `DATA_UNREADABLE` when the folder cannot be written.
 */
export async function writeTfjsFolder(
  folder: string,
  description: ModelDescription,
  values: Float32Array,
): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    const files = writeTfjsModel(description, values);
    await writeFile(join(folder, "model.json"), files["model.json"]);
    await writeFile(join(folder, "weights.bin"), files["weights.bin"]);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && "syscall" in error)) throw error;
    throw new TributaryError("DATA_UNREADABLE", `The model cannot be written to ${folder}`, {
      remedy: "Choose a folder that you may write to.",
      cause: error,
    });
  }
}
