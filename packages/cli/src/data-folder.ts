import { mkdir } from "node:fs/promises";
import { TributaryError } from "@tributary/protocol";

/**
 * Makes a command's data folder if it is not there.
 * @throws TributaryError `STORAGE_UNAVAILABLE`.
 */
export async function makeDataFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TributaryError(
      "STORAGE_UNAVAILABLE",
      `The data folder ${folder} cannot be made (${reason})`,
      {
        remedy: "Choose with --data-dir a folder that this user may write to.",
        context: { folder },
        cause: error,
      },
    );
  }
}
