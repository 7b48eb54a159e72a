import { buffer } from "node:stream/consumers";
import type { Entry } from "yauzl";
import { MAX_UNPACKED_BYTES, unpacked } from "./read-unpacked.ts";
import { messageOf, unreadable } from "./unreadable.ts";

/** A zip archive that is open. Its files are read where they are; none is written to disk. */
export interface ZipArchive {
  /** The names of its files, without folders. */
  readonly names: readonly string[];
  /**
   * Reads a file, and unpacks it once more if it is compressed with gzip.
   * @throws TributaryError `DATA_UNREADABLE` when it is broken, or larger than it claims to be or than
   *   a data set can be.
   */
  read(name: string): Promise<Uint8Array>;
  close(): void;
}

/**
 * Opens a zip archive.
 * @throws TributaryError `DATA_UNREADABLE` when it is broken, or has a file whose path leads out of it.
 */
export async function openZip(path: string): Promise<ZipArchive> {
  const broken = (what: string) => (error: unknown) =>
    unreadable(path, `${what} (${messageOf(error)})`, {
      remedy: "Download the archive again.",
      cause: error,
    });
  // Loaded only here, so that commands without archives start faster.
  const { openPromise } = await import("yauzl");
  const refuse = broken("is not a valid zip archive");
  const zip = await openPromise(path, { autoClose: false, lazyEntries: true }).catch(
    (error: unknown) => {
      throw refuse(error);
    },
  );
  const entries = new Map<string, Entry>();
  try {
    for await (const entry of zip.eachEntry()) {
      if (!entry.fileName.endsWith("/")) entries.set(entry.fileName.replace(/^.*\//, ""), entry);
    }
  } catch (error) {
    zip.close();
    throw refuse(error);
  }
  return {
    names: [...entries.keys()],
    async read(name) {
      const entry = entries.get(name);
      const file = `${path}, ${name},`;
      try {
        if (entry === undefined) throw new Error("it is not in the archive");
        if (entry.uncompressedSize > MAX_UNPACKED_BYTES) throw new Error("it is too large");
        return await unpacked(await buffer(await zip.openReadStreamPromise(entry)), file);
      } catch (error) {
        throw broken(`has a file ${name} that cannot be read`)(error);
      }
    },
    close: () => zip.close(),
  };
}
