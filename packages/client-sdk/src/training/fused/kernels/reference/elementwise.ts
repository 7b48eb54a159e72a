import type { ElementwiseKernels } from "../number-kernels.ts";
import type { ReferenceMath } from "./math.ts";
import { indexOf, type ReferenceMemory } from "./memory.ts";

const { fround } = Math;

/**
 * The specification of the kernels that compute each value on its own. Because no value depends on
 * another one, arrays may be written over those that are read, and order does not matter.
 */
export function elementwiseKernels(
  memory: ReferenceMemory,
  math: ReferenceMath,
): ElementwiseKernels {
  /** Computes y = map(x), value by value. */
  const each = (x: number, y: number, size: number, map: (x: number) => number): void => {
    const { f } = memory;
    for (let i = 0; i < size; i++) f[indexOf(y) + i] = map(f[indexOf(x) + i]!);
  };
  /** Computes z = map(x, y), value by value. */
  const both = (
    x: number,
    y: number,
    z: number,
    size: number,
    map: (x: number, y: number) => number,
  ): void => {
    const { f } = memory;
    for (let i = 0; i < size; i++) f[indexOf(z) + i] = map(f[indexOf(x) + i]!, f[indexOf(y) + i]!);
  };
  /** Adds up in float64: one sum for each lane of a vector, added up in order at the end. */
  const sumInLanes = (x: number, size: number, term: (value: number) => number): number => {
    const { f } = memory;
    const sums = [0, 0, 0, 0];
    const end = Math.ceil(size / 4) * 4;
    for (let i = 0; i < end; i++) sums[i % 4]! += term(f[indexOf(x) + i]!);
    return sums[0]! + sums[1]! + sums[2]! + sums[3]!;
  };
  // Gradients of tanh and of the sigmoid are computed from the output, which is cheaper than from
  // the input and lets a layer write its output over its input.
  return {
    // `slope` and `factor` are rounded, because the module takes them as float32.
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
        const difference = fround(f[indexOf(a) + i]! - f[indexOf(b) + i]!);
        const target = indexOf(to) + i;
        f[target] = fround(f[target]! + fround(fround(factor) * difference));
      }
    },
    multiply(a, b, y, size) {
      both(a, b, y, size, (value, factor) => fround(value * factor));
    },
    addSigns(x, to, size, factor) {
      both(x, to, to, size, (value, sum) =>
        fround(sum + (value > 0 ? fround(factor) : value < 0 ? -fround(factor) : 0)),
      );
    },
    // In float64, because the norm of a gradient adds up squares of very different sizes.
    sumOfSquares: (x, size) => sumInLanes(x, size, (value) => value * value),
    sumOfSizes: (x, size) => sumInLanes(x, size, Math.abs),
  };
}
