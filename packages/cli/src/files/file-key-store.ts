import { readFile, writeFile } from "node:fs/promises";
import { TributaryError, fromHex, isTributaryError, toHex } from "@tributary/protocol";
import type { KeyStore } from "@tributary/client-sdk";

/**
 * Keeps the secret key of a device in a file that only its owner may read, as 64 hexadecimal
 * digits.
 */
export function fileKeyStore(path: string): KeyStore {
  return {
    async load() {
      try {
        const seed = fromHex((await readFile(path, "utf8")).trim());
        if (seed.length === 32) return seed;
      } catch (error) {
        if (isMissing(error)) return undefined;
        if (!isTributaryError(error)) throw unusable(path, error);
      }
      throw unusable(path);
    },
    async save(seed) {
      try {
        await writeFile(path, `${toHex(seed)}\n`, { mode: 0o600, flag: "wx" });
      } catch (error) {
        throw unusable(path, error);
      }
    },
  };
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

function unusable(path: string, cause?: unknown): TributaryError {
  return new TributaryError("CONFIG_INVALID", `The device key ${path} cannot be used`, {
    remedy:
      "Give a file that this command has written before, or a path where it can write a new one.",
    cause,
  });
}
