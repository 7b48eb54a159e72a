import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { readUnpacked } from "../files/read-unpacked.ts";
import { messageOf, unreadable } from "../files/unreadable.ts";
import { openZip } from "../files/zip.ts";
import { findImageFiles } from "./image-files.ts";

/** Where the files of image data sets are read from: a folder, or the archive in it. */
export interface ImageSource {
  /** The names of the files. */
  readonly names: readonly string[];
  /** The bytes of a file, unpacked. */
  read(name: string): Promise<Uint8Array>;
  close(): void;
}

/** The archive that EMNIST is published as. */
export const EMNIST_ARCHIVE = "gzip.zip";

/**
 * Opens the files of a folder. Where it has no images but the archive of EMNIST, these are the files
 * in the archive.
 * @throws TributaryError `DATA_UNREADABLE` when the folder or the archive cannot be read.
 */
export async function openImageSource(folder: string): Promise<ImageSource> {
  const names = await namesIn(folder);
  if (findImageFiles(names).length === 0 && names.includes(EMNIST_ARCHIVE)) {
    return openZip(join(folder, EMNIST_ARCHIVE));
  }
  return { names, read: (name) => readUnpacked(join(folder, name)), close: () => undefined };
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    throw unreadable(folder, `cannot be read (${messageOf(error)})`, {
      remedy: "Give the path of a folder.",
      cause: error,
    });
  }
}
