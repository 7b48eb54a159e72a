import type { Matrix } from "../matrix.ts";
import type { MultiplyKernels } from "../multiply-kernels.ts";
import { indexOf, placeOf, type ReferenceMemory } from "./memory.ts";

const { fround } = Math;

/**
 * The specification of the kernels over matrices. A is [m, k], B is [k, n] and C is [m, n]; value
 * [i, j] of a matrix may lie anywhere, which `placeOf` computes. The module may compute many of
 * these sums side by side, but each of them in the order of the loop over l.
 */
export function multiplyKernels(memory: ReferenceMemory): MultiplyKernels {
  /** What the sum of value [i, j] begins with. */
  const first = (start: Matrix, i: number, j: number): number =>
    start.at === 0 ? 0 : memory.f[placeOf(start, i, j)]!;
  return {
    matmul({ a, b, c, start }, m, n, k) {
      const { f } = memory;
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          // The order of this sum is the specification: the start, then l from 0 on.
          let sum = first(start, i, j);
          for (let l = 0; l < k; l++) {
            sum = fround(sum + fround(f[placeOf(a, i, l)]! * f[placeOf(b, l, j)]!));
          }
          f[placeOf(c, i, j)] = sum;
        }
      }
    },
    packMatrix(b, to, k, n) {
      const { f } = memory;
      for (let l = 0; l < k; l++) {
        for (let j = 0; j < n; j++) f[panelPlace(indexOf(to.at), k, l, j)] = f[placeOf(b, l, j)]!;
      }
    },
    // The same sums as those of `matmul`: only the place of B differs.
    matmulPacked({ a, packed, c, start }, m, n, k) {
      const { f } = memory;
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let sum = first(start, i, j);
          for (let l = 0; l < k; l++) {
            const factor = f[panelPlace(indexOf(packed.at), k, l, j)]!;
            sum = fround(sum + fround(f[placeOf(a, i, l)]! * factor));
          }
          f[placeOf(c, i, j)] = sum;
        }
      }
    },
    descendAlong({ a, b, w }, m, n, k, rate) {
      const { f } = memory;
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let sum = 0;
          for (let l = 0; l < k; l++) {
            sum = fround(sum + fround(f[placeOf(a, i, l)]! * f[placeOf(b, l, j)]!));
          }
          const at = indexOf(w) + i * n + j;
          f[at] = f[at]! - fround(fround(rate) * sum);
        }
      }
    },
    transpose(from, to, rows, columns) {
      const { f } = memory;
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) f[placeOf(to, j, i)] = f[placeOf(from, i, j)]!;
      }
    },
    // The gradient of a bias: sums over rows, from the first row to the last.
    columnSums(from, rows, columns, to) {
      const { f } = memory;
      for (let j = 0; j < columns; j++) {
        let sum = 0;
        for (let i = 0; i < rows; i++) sum = fround(sum + f[indexOf(from) + i * columns + j]!);
        f[indexOf(to) + j] = sum;
      }
    },
  };
}

/** Where a packed matrix with k rows has value [l, j]: in panels of 8 columns, row by row. */
const panelPlace = (packed: number, k: number, l: number, j: number): number =>
  packed + (Math.floor(j / 8) * k + l) * 8 + (j % 8);
