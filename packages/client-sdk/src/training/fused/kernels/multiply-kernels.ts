import type { Address } from "@tributary/protocol";
import type { Matrix, Placed } from "./matrix.ts";

/** The number of float32 values of scratch memory that `matmul` takes at most. */
export const MATMUL_SCRATCH: number = 256 * 64;

/** The columns of a packed matrix: `columns` rounded up to whole panels of 8. */
export const inPanels = (columns: number): number => 8 * Math.ceil(columns / 8);

/** The operands of C = start + A·B. Only A may have a step other than 1. */
export interface Product {
  /** [m, k], with any strides. */
  readonly a: Matrix;
  /** [k, n]. */
  readonly b: Matrix;
  /** [m, n]. May be the same matrix as `start`. */
  readonly c: Matrix;
  /** [m, n]: what each sum begins with. */
  readonly start: Matrix;
  /** Room for `MATMUL_SCRATCH` values. */
  readonly scratch: Placed;
}

/** The operands of C = start + A·B for a B that `packMatrix` has packed. All steps are 1. */
export interface PackedProduct {
  /** [m, k]. */
  readonly a: Matrix;
  /** What `packMatrix` wrote. */
  readonly packed: Placed;
  /** [m, n]. May be the same matrix as `start`. */
  readonly c: Matrix;
  /** [m, n]: what each sum begins with. */
  readonly start: Matrix;
}

/** The largest k that `descendAlong` takes. Deeper products gain nothing by it. */
export const DESCENT_DEPTH = 256;

/** The operands of W = W − rate · A·B. */
export interface ProductDescent {
  /** [m, k], the transpose of a matrix whose steps are 1: here its rows are 1 apart. */
  readonly a: Matrix;
  /** [k, n]. */
  readonly b: Matrix;
  /** Where W [m, n] lies, its rows side by side. */
  readonly w: Address;
  /** Room for `MATMUL_SCRATCH` values. */
  readonly scratch: Placed;
}

/** Kernels that multiply, transpose and add up matrices. */
export interface MultiplyKernels {
  /** C = start + A·B. Each sum runs over k in ascending order. */
  matmul(product: Product, m: number, n: number, k: number): void;
  /**
   * Brings B [k, n] into the order in which `matmulPacked` reads it: panels of 8 columns. This pays
   * for a matrix that many products use.
   * @param to - Room for k · `inPanels(n)` values. Columns of the last panel beyond n are not
   *   written.
   */
  packMatrix(b: Matrix, to: Placed, k: number, n: number): void;
  /** C = start + A·B, with the same bits as `matmul`. */
  matmulPacked(product: PackedProduct, m: number, n: number, k: number): void;
  /**
   * W = W − rate · A·B: a step of gradient descent whose gradient is a product, with the same bits as
   * `matmul` and then `descend`. The gradient is not stored, which pays where k is small, because
   * such a step waits for memory. Nothing is written behind the last value.
   * @param k - At most `DESCENT_DEPTH`.
   */
  descendAlong(product: ProductDescent, m: number, n: number, k: number, rate: number): void;
  /** Writes the transpose of `from` [rows, columns] to `to` [columns, rows]. Both steps are 1. */
  transpose(from: Matrix, to: Matrix, rows: number, columns: number): void;
  /**
   * Adds up each column, from the first row to the last. Nothing is written behind the last column.
   * @param from - [rows, columns], rows side by side.
   * @param to - [columns].
   */
  columnSums(from: Address, rows: number, columns: number, to: Address): void;
}
