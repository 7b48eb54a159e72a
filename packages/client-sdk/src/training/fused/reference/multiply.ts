import type { MultiplyKernels } from "../kernel-functions.ts";
import type { ReferenceMemory } from "./memory.ts";

const { fround } = Math;

export function multiplyKernels(memory: ReferenceMemory): MultiplyKernels {
  return {
    matmul(a, aRow, aStep, b, bRow, c, cRow, start, startRow, m, n, k) {
      const { f } = memory;
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let sum = start === 0 ? 0 : f[start + i * startRow + j]!;
          for (let l = 0; l < k; l++) {
            sum = fround(sum + fround(f[a + i * aRow + l * aStep]! * f[b + l * bRow + j]!));
          }
          f[c + i * cRow + j] = sum;
        }
      }
    },
    packMatrix(b, bRow, k, n, to) {
      const { f } = memory;
      for (let l = 0; l < k; l++) {
        for (let j = 0; j < n; j++) {
          f[to + (Math.floor(j / 8) * k + l) * 8 + (j % 8)] = f[b + l * bRow + j]!;
        }
      }
    },
    matmulPacked(a, aRow, b, c, cRow, start, startRow, m, n, k) {
      const { f } = memory;
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let sum = start === 0 ? 0 : f[start + i * startRow + j]!;
          const column = b + Math.floor(j / 8) * k * 8 + (j % 8);
          for (let l = 0; l < k; l++) {
            sum = fround(sum + fround(f[a + i * aRow + l]! * f[column + 8 * l]!));
          }
          f[c + i * cRow + j] = sum;
        }
      }
    },
    transpose(from, fromRow, to, toRow, rows, columns) {
      const { f } = memory;
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) f[to + j * toRow + i] = f[from + i * fromRow + j]!;
      }
    },
    columnSums(from, rows, columns, to) {
      const { f } = memory;
      for (let j = 0; j < columns; j++) {
        let sum = 0;
        for (let i = 0; i < rows; i++) sum = fround(sum + f[from + i * columns + j]!);
        f[to + j] = sum;
      }
    },
  };
}
