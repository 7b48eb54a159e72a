import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import {
  TributaryError,
  formatServerSecrets,
  generateServerSecrets,
  parseServerSecrets,
  type RandomSource,
  type ServerSecrets,
} from "@tributary/protocol";

/**
 * Reads the server's secret keys from a file. At the first start the keys are made, and stored in a
 * file that only its owner may read. If the file is lost, the server has another identity, and
 * clients that have pinned the old one refuse to connect.
 * @param path - The key file. Missing folders around it are created.
 * @throws TributaryError `CONFIG_INVALID` when the file cannot be read or written, or does not hold
 *   a server's keys.
 */
export async function loadServerSecrets(
  path: string,
  random: RandomSource,
): Promise<ServerSecrets> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) {
      throw new TributaryError("CONFIG_INVALID", `The server's key file ${path} cannot be read`, {
        remedy: "Give this user the right to read it.",
        cause: error,
      });
    }
    return makeSecrets(path, random);
  }
  try {
    return parseServerSecrets(text.trim());
  } catch (error) {
    throw new TributaryError("CONFIG_INVALID", `${path} does not hold a server key`, {
      remedy:
        "Restore it from a backup, or move it away to get a new key, " +
        "which all clients then have to pin.",
      cause: error,
    });
  }
}

async function makeSecrets(path: string, random: RandomSource): Promise<ServerSecrets> {
  const secrets = generateServerSecrets(random);
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(path, `${formatServerSecrets(secrets)}\n`, { mode: 0o600, flag: "wx" });
  } catch (error) {
    throw new TributaryError("CONFIG_INVALID", `The server's key file ${path} cannot be made`, {
      remedy:
        "Give this user the right to write there. " +
        "If another server has just been started, start this one again.",
      cause: error,
    });
  }
  return secrets;
}
