import { shapeSize } from "@tributary/protocol";
import { unreadable } from "../files/unreadable.ts";

/** An array of numbers of any shape: what MNIST's files contain. */
export interface IdxArray {
  /** The size of each dimension. */
  readonly shape: readonly number[];
  /** The values, row-major. Only files of unsigned bytes give bytes. */
  readonly values: Uint8Array | Float32Array;
}

/** How long a value is, bytes, and how it is read. */
interface ValueType {
  readonly byteLength: number;
  read(view: DataView, at: number): number;
}

/** The IDX type code of unsigned bytes. */
const UNSIGNED_BYTE = 0x08;

/** The other types of values, by their IDX type codes. All are stored with the big end first. */
const VALUE_TYPES: ReadonlyMap<number, ValueType> = new Map([
  [0x09, { byteLength: 1, read: (view, at) => view.getInt8(at) }],
  [0x0b, { byteLength: 2, read: (view, at) => view.getInt16(at) }],
  [0x0c, { byteLength: 4, read: (view, at) => view.getInt32(at) }],
  [0x0d, { byteLength: 4, read: (view, at) => view.getFloat32(at) }],
  [0x0e, { byteLength: 8, read: (view, at) => view.getFloat64(at) }],
]);

/**
 * Reads the content of an IDX file.
 * @param bytes - The file, unpacked; not modified.
 * @param file - Its path, for errors.
 * @param dimensions - The numbers of dimensions that the file may have, the usual one first: 3 or 4
 *   for images, 1 for labels.
 * @throws TributaryError `DATA_UNREADABLE`; the message names the file and what is wrong with it.
 * @see Y. LeCun, C. Cortes, "The MNIST database", section "File formats". A file consists of two
 *   zero bytes, a type code, the number of dimensions, each dimension as a big-endian 32-bit
 *   integer, and the values.
 */
export function readIdx(bytes: Uint8Array, file: string, dimensions: readonly number[]): IdxArray {
  const refuse = (fault: string): never => {
    throw unreadable(file, fault, { remedy: "Download the file again." });
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = Math.min(...dimensions.map((count) => 4 + 4 * count));
  if (bytes.length < start) {
    refuse(`has only ${bytes.length} bytes, fewer than its header needs`);
  }
  const magic = view.getUint32(0);
  const [code, rank] = [magic >>> 8, magic & 0xff];
  const type = VALUE_TYPES.get(code);
  if ((code !== UNSIGNED_BYTE && type === undefined) || !dimensions.includes(rank)) {
    const expected = (UNSIGNED_BYTE << 8) | dimensions[0]!;
    refuse(`begins with the magic number ${magic} instead of ${expected}`);
  }
  const header = 4 + 4 * rank;
  if (bytes.length < header) {
    refuse(`has only ${bytes.length} bytes, fewer than its header needs`);
  }
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const size = shapeSize(shape);
  const held = (bytes.length - header) / (type?.byteLength ?? 1);
  if (held !== size) {
    refuse(`holds ${held} values, but its header announces ${shape.join(" × ")} = ${size}`);
  }
  const values =
    type === undefined
      ? bytes.subarray(header)
      : Float32Array.from({ length: size }, (_, i) =>
          type.read(view, header + i * type.byteLength),
        );
  return { shape, values };
}
