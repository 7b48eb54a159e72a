import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { TributaryError } from "@tributary/protocol";

/** Whole numbers from 0 to 255 in an array of any shape, as MNIST's files hold them. */
export interface IdxArray {
  readonly shape: readonly number[];
  /** Row-major, shape `shape`. */
  readonly values: Uint8Array;
}

/** More than any data set of this kind: what a small archive can blow up to, bytes. */
const MAX_UNPACKED_BYTES = 1_073_741_824;
/** The IDX type code of unsigned bytes. */
const UNSIGNED_BYTE = 0x08;

const unpack = promisify(gunzip);

/**
 * Reads an IDX file of unsigned bytes, plain or gzip (told by its first bytes).
 * @param dimensions - What the file must have: 3 for images, 1 for labels.
 * @throws TributaryError `DATA_UNREADABLE` naming the file and what is wrong with it.
 * @see Y. LeCun, C. Cortes, "The MNIST database", section "File formats": two zero bytes, a type code, the number of
 *   dimensions, each dimension as a big-endian 32-bit integer, the values.
 */
export async function readIdx(file: string, dimensions: number): Promise<IdxArray> {
  const bytes = await readUnpacked(file);
  const header = 4 + 4 * dimensions;
  if (bytes.length < header)
    throw unreadable(file, `has ${bytes.length} bytes, less than its header`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = view.getUint32(0);
  const expected = (UNSIGNED_BYTE << 8) | dimensions;
  if (magic !== expected) {
    throw unreadable(file, `begins with the magic number ${magic} where ${expected} is due`);
  }
  const shape = Array.from({ length: dimensions }, (_, axis) => view.getUint32(4 + 4 * axis));
  const size = shape.reduce((product, length) => product * length, 1);
  if (bytes.length - header !== size) {
    throw unreadable(
      file,
      `holds ${bytes.length - header} values where its header says ${shape.join(" × ")} = ${size}`,
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
    throw unreadable(file, `is not a sound gzip archive (${reasonOf(error)})`, error);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function unreadable(file: string, fault: string, cause?: unknown): TributaryError {
  return new TributaryError("DATA_UNREADABLE", `${file} ${fault}`, {
    remedy: "Fetch the file again.",
    context: { file },
    cause,
  });
}
