import type { Address } from "@tributary/protocol";
import type { Matrix } from "../matrix.ts";

/** The memory of the plain twin, seen as float32 and as int32. Both views change when it grows. */
export interface ReferenceMemory {
  f: Float32Array;
  i: Int32Array;
}

/** Makes a memory of so many float32 values, all 0. */
export function referenceMemory(size: number): ReferenceMemory {
  const f = new Float32Array(size);
  return { f, i: new Int32Array(f.buffer) };
}

/** @returns The index in the views of the memory of what lies at an address. */
export const indexOf = (address: Address): number => address >>> 2;

/** @returns The index in the views of the memory of value [i, j] of a matrix. */
export const placeOf = ({ at, row, step }: Matrix, i: number, j: number): number =>
  indexOf(at) + i * row + j * step;
