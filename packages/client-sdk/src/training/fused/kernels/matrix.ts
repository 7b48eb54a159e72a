import type { Address } from "@tributary/protocol";

/** Something that lies in the memory of the kernels. */
export interface Placed {
  /** The address of its first value, or 0 when it is not there. */
  readonly at: Address;
}

/**
 * A matrix of float32 values in the memory of the kernels. Value [i, j] lies `i * row + j * step`
 * values after the first one. How many rows and columns there are is said where the matrix is used,
 * because that often depends on the size of the batch.
 */
export interface Matrix extends Placed {
  /** The number of values from one row to the next. 0 stands for the same row again and again. */
  readonly row: number;
  /** The number of values from one column to the next. */
  readonly step: number;
}

/** The number of bytes that a float32 value takes. */
const VALUE_BYTES = 4;

/** @returns The address of what lies `values` float32 values after another address. */
export const after = (address: Address, values: number): Address => address + VALUE_BYTES * values;

/** Makes a matrix whose columns lie side by side unless `step` says otherwise. */
export const matrix = (at: Address, row: number, step = 1): Matrix => ({ at, row, step });

/** The part of a matrix that begins at a row and a column. */
export const corner = ({ at, row, step }: Matrix, firstRow: number, firstColumn = 0): Matrix =>
  matrix(after(at, firstRow * row + firstColumn * step), row, step);

/** Makes a matrix whose rows are all the same one: a bias, for example. */
export const repeatedRow = (at: Address): Matrix => matrix(at, 0);

/** Stands for a matrix of zeros of any size. */
export const ZEROS: Matrix = matrix(0, 0);
