import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { messageOf, unreadable } from "./unreadable.ts";

/**
 * The largest size that an archive may unpack to, bytes. It is more than any data set of this kind
 * has, and protects from small archives that would fill the memory.
 */
export const MAX_UNPACKED_BYTES = 1_073_741_824;

const unpack = promisify(gunzip);

/**
 * Reads a file and unpacks it if it is compressed with gzip, which its first two bytes show.
 * @throws TributaryError `DATA_UNREADABLE`; the message names the file.
 */
export async function readUnpacked(file: string): Promise<Uint8Array> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    throw unreadable(file, `cannot be read (${messageOf(error)})`, {
      remedy: "Give the path of a file that exists and that you may read.",
      cause: error,
    });
  }
  return unpacked(bytes, file);
}

/**
 * Unpacks bytes that are compressed with gzip, and returns others as they are.
 * @param file - Where they are from, for errors.
 * @throws TributaryError `DATA_UNREADABLE`; the message names the file.
 */
export async function unpacked(bytes: Uint8Array, file: string): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return await unpack(bytes, { maxOutputLength: MAX_UNPACKED_BYTES });
  } catch (error) {
    throw unreadable(file, `is not a valid gzip archive (${messageOf(error)})`, {
      remedy: "Download the file again.",
      cause: error,
    });
  }
}
