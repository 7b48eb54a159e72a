import { mkdir } from "node:fs/promises";
import { TributaryError } from "@tributary/protocol";

/**
 * Creates the data folder of a command if it does not exist. Only its owner may read it.
 * @throws TributaryError `STORAGE_UNAVAILABLE` when it cannot be created.
 */
export async function makeDataFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TributaryError(
      "STORAGE_UNAVAILABLE",
      `The data folder ${folder} cannot be created (${reason})`,
      {
        remedy: "Use --data-dir to choose a folder that you may write to.",
        context: { folder },
        cause: error,
      },
    );
  }
}
