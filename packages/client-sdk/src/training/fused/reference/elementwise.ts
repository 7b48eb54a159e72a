import type { ElementwiseKernels } from "../kernel-functions.ts";
import type { ReferenceMath } from "./math.ts";
import type { ReferenceMemory } from "./memory.ts";

const { fround } = Math;

export function elementwiseKernels(
  memory: ReferenceMemory,
  math: ReferenceMath,
): ElementwiseKernels {
  /** y = map(x), value by value. */
  const each = (x: number, y: number, size: number, map: (x: number) => number): void => {
    const { f } = memory;
    for (let i = 0; i < size; i++) f[y + i] = map(f[x + i]!);
  };
  /** z = map(x, y), value by value. */
  const both = (
    x: number,
    y: number,
    z: number,
    size: number,
    map: (x: number, y: number) => number,
  ): void => {
    const { f } = memory;
    for (let i = 0; i < size; i++) f[z + i] = map(f[x + i]!, f[y + i]!);
  };
  return {
    relu(x, y, size, slope) {
      each(x, y, size, (value) => (value > 0 ? value : fround(value * fround(slope))));
    },
    reluGradient(y, dy, dx, size, slope) {
      both(y, dy, dx, size, (value, d) => (value > 0 ? d : fround(d * fround(slope))));
    },
    tanh(x, y, size) {
      each(x, y, size, math.tanh);
    },
    tanhGradient(y, dy, dx, size) {
      both(y, dy, dx, size, (value, d) => fround(d * fround(1 - fround(value * value))));
    },
    sigmoid(x, y, size) {
      each(x, y, size, math.sigmoid);
    },
    sigmoidGradient(y, dy, dx, size) {
      both(y, dy, dx, size, (value, d) => fround(fround(d * value) * fround(1 - value)));
    },
    add(from, to, size) {
      both(from, to, to, size, (a, b) => fround(b + a));
    },
    scale(x, y, size, factor) {
      each(x, y, size, (value) => fround(value * fround(factor)));
    },
    addScaled(x, to, size, factor) {
      both(x, to, to, size, (value, sum) => fround(sum + fround(fround(factor) * value)));
    },
    addDifference(a, b, to, size, factor) {
      const { f } = memory;
      for (let i = 0; i < size; i++) {
        const difference = fround(f[a + i]! - f[b + i]!);
        f[to + i] = fround(f[to + i]! + fround(fround(factor) * difference));
      }
    },
    sumOfSquares(x, size) {
      const { f } = memory;
      const sums = [0, 0, 0, 0];
      for (let i = 0; i < Math.ceil(size / 4) * 4; i++) sums[i % 4]! += f[x + i]! * f[x + i]!;
      return sums[0]! + sums[1]! + sums[2]! + sums[3]!;
    },
  };
}
