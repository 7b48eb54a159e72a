import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { TributaryError } from "@tributary/protocol";

/** An array of whole numbers from 0 to 255, of any shape: what MNIST's files contain. */
export interface IdxArray {
  /** The size of each dimension. */
  readonly shape: readonly number[];
  /** The values, row-major. */
  readonly values: Uint8Array;
}

/**
 * The largest size that an archive may unpack to, bytes. It is more than any data set of this kind
 * has, and protects from small archives that would fill the memory.
 */
const MAX_UNPACKED_BYTES = 1_073_741_824;
/** The IDX type code of unsigned bytes. */
const UNSIGNED_BYTE = 0x08;

const unpack = promisify(gunzip);

/**
 * Reads an IDX file of unsigned bytes. It may be compressed with gzip, which its first two bytes
 * show.
 * @param dimensions - The number of dimensions that the file must have: 3 for images, 1 for labels.
 * @throws TributaryError `DATA_UNREADABLE`; the message names the file and what is wrong with it.
 * @see Y. LeCun, C. Cortes, "The MNIST database", section "File formats". A file consists of two
 *   zero bytes, a type code, the number of dimensions, each dimension as a big-endian 32-bit
 *   integer, and the values.
 */
export async function readIdx(file: string, dimensions: number): Promise<IdxArray> {
  const bytes = await readUnpacked(file);
  const header = 4 + 4 * dimensions;
  if (bytes.length < header)
    throw unreadable(file, `has only ${bytes.length} bytes, fewer than its header needs`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = view.getUint32(0);
  const expected = (UNSIGNED_BYTE << 8) | dimensions;
  if (magic !== expected) {
    throw unreadable(file, `begins with the magic number ${magic} instead of ${expected}`);
  }
  const shape = Array.from({ length: dimensions }, (_, axis) => view.getUint32(4 + 4 * axis));
  const size = shape.reduce((product, length) => product * length, 1);
  if (bytes.length - header !== size) {
    throw unreadable(
      file,
      `holds ${bytes.length - header} values, but its header announces ${shape.join(" × ")} = ${size}`,
    );
  }
  return { shape, values: bytes.subarray(header) };
}

async function readUnpacked(file: string): Promise<Uint8Array> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    throw unreadable(file, `cannot be read (${reasonOf(error)})`, error);
  }
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return await unpack(bytes, { maxOutputLength: MAX_UNPACKED_BYTES });
  } catch (error) {
    throw unreadable(file, `is not a valid gzip archive (${reasonOf(error)})`, error);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function unreadable(file: string, fault: string, cause?: unknown): TributaryError {
  return new TributaryError("DATA_UNREADABLE", `${file} ${fault}`, {
    remedy: "Download the file again.",
    context: { file },
    cause,
  });
}
