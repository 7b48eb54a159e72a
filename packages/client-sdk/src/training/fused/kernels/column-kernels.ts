// Kernels that treat each column of a matrix on its own: `KernelFunctions` says what holds for all
// kernels. Matrices are [rows, columns], rows side by side; there is a value for each column in
// every other array.
import type { Address } from "@tributary/protocol";

/** What brings columns to mean 0 and variance 1. */
export interface ColumnNorm {
  readonly x: Address;
  readonly mean: Address;
  /** 1 / √(variance + ε). */
  readonly inverse: Address;
  readonly rows: number;
  readonly columns: number;
}

/** Kernels that normalise columns, for batch normalisation. Sums run from the first row to the last. */
export interface ColumnKernels {
  /** Writes the mean of each column, and the mean square of the distances from it. */
  columnMoments(x: Address, rows: number, columns: number, mean: Address, variance: Address): void;
  /** y = (x − mean) · inverse · gamma + beta. @param gamma, beta - 0 for none. */
  normalizeColumns(operands: ColumnNorm, y: Address, gamma: Address, beta: Address): void;
  /** Writes Σ dy · n for each column, where n = (x − mean) · inverse. */
  columnProducts(operands: ColumnNorm, dy: Address, to: Address): void;
  /**
   * dx = (dy − shift − n · tilt) · inverse · gamma. What a change of x does to mean and variance is
   * taken out by the shift, which is the mean of dy, and the tilt, the mean of dy · n.
   * @param gamma - 0 for none.
   */
  normalizeColumnsGradient(
    operands: ColumnNorm,
    slopes: { readonly dy: Address; readonly shift: Address; readonly tilt: Address },
    dx: Address,
    gamma: Address,
  ): void;
}
