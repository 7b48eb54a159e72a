import type { TributaryError } from "@tributary/protocol";
import { readUnpacked } from "../files/read-unpacked.ts";
import { unreadable } from "../files/unreadable.ts";

/** An array of whole numbers from 0 to 255, of any shape: what MNIST's files contain. */
export interface IdxArray {
  /** The size of each dimension. */
  readonly shape: readonly number[];
  /** The values, row-major. */
  readonly values: Uint8Array;
}

/** The IDX type code of unsigned bytes. */
const UNSIGNED_BYTE = 0x08;

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
  const broken = (fault: string): TributaryError =>
    unreadable(file, fault, { remedy: "Download the file again." });
  const header = 4 + 4 * dimensions;
  if (bytes.length < header)
    throw broken(`has only ${bytes.length} bytes, fewer than its header needs`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = view.getUint32(0);
  const expected = (UNSIGNED_BYTE << 8) | dimensions;
  if (magic !== expected) {
    throw broken(`begins with the magic number ${magic} instead of ${expected}`);
  }
  const shape = Array.from({ length: dimensions }, (_, axis) => view.getUint32(4 + 4 * axis));
  const size = shape.reduce((product, length) => product * length, 1);
  if (bytes.length - header !== size) {
    throw broken(
      `holds ${bytes.length - header} values, but its header announces ${shape.join(" × ")} = ${size}`,
    );
  }
  return { shape, values: bytes.subarray(header) };
}
