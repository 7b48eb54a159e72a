import type { NormalizationKernels } from "../kernel-functions.ts";
import type { ReferenceMemory } from "./memory.ts";

const r = Math.fround;

export function normalizationKernels(memory: ReferenceMemory): NormalizationKernels {
  /** A value of a row of x as `layerNorm` has it before gamma. */
  const normal = (value: number, stats: number, row: number): number =>
    r(r(value - memory.f[stats + 2 * row]!) * memory.f[stats + 2 * row + 1]!);
  return {
    layerNorm(x, y, stats, gamma, beta, rows, columns, epsilon) {
      const { f } = memory;
      for (let row = 0; row < rows; row++) {
        const from = x + row * columns;
        let sum = 0;
        for (let i = 0; i < columns; i++) sum = r(sum + f[from + i]!);
        const mean = r(sum / columns);
        let squares = 0;
        for (let i = 0; i < columns; i++) {
          const distance = r(f[from + i]! - mean);
          squares = r(squares + r(distance * distance));
        }
        f[stats + 2 * row] = mean;
        f[stats + 2 * row + 1] = 1 / r(Math.sqrt(r(r(squares / columns) + r(epsilon))));
        for (let i = 0; i < columns; i++) {
          let value = normal(f[from + i]!, stats, row);
          if (gamma !== 0) value = r(value * f[gamma + i]!);
          if (beta !== 0) value = r(value + f[beta + i]!);
          f[y + row * columns + i] = value;
        }
      }
    },
    layerNormGradient(x, stats, gamma, dy, dx, rows, columns) {
      const { f } = memory;
      for (let row = 0; row < rows; row++) {
        const first = row * columns;
        const slope = (i: number): number =>
          gamma === 0 ? f[dy + first + i]! : r(f[dy + first + i]! * f[gamma + i]!);
        let sum = 0;
        let along = 0;
        for (let i = 0; i < columns; i++) {
          sum = r(sum + slope(i));
          along = r(along + r(slope(i) * normal(f[x + first + i]!, stats, row)));
        }
        const shift = r(sum / columns);
        const tilt = r(along / columns);
        for (let i = 0; i < columns; i++) {
          const value = normal(f[x + first + i]!, stats, row);
          const inner = r(r(slope(i) - shift) - r(value * tilt));
          f[dx + first + i] = inner * f[stats + 2 * row + 1]!;
        }
      }
    },
    layerNormScaleGradient(x, stats, dy, gradient, rows, columns) {
      const { f } = memory;
      for (let i = 0; i < columns; i++) {
        let sum = 0;
        for (let row = 0; row < rows; row++) {
          const place = row * columns + i;
          sum = r(sum + r(f[dy + place]! * normal(f[x + place]!, stats, row)));
        }
        f[gradient + i] = sum;
      }
    },
    scaleColumns(x, y, factor, term, rows, columns) {
      const { f } = memory;
      for (let place = 0; place < rows * columns; place++) {
        const i = place % columns;
        const value = r(f[x + place]! * f[factor + i]!);
        f[y + place] = term === 0 ? value : value + f[term + i]!;
      }
    },
  };
}
