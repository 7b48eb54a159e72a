import type { LossKernels } from "../kernel-functions.ts";
import type { ReferenceMath } from "./math.ts";
import type { ReferenceMemory } from "./memory.ts";

const { fround } = Math;

export function lossKernels(memory: ReferenceMemory, math: ReferenceMath): LossKernels {
  /** @returns ln of the sum of powers. */
  const softmaxRow = (x: number, y: number, columns: number): number => {
    const { f } = memory;
    let most = f[x]!;
    for (let i = 1; i < columns; i++) most = Math.max(most, f[x + i]!);
    let sum = 0;
    for (let i = 0; i < columns; i++) {
      f[y + i] = math.exp(fround(f[x + i]! - most));
      sum = fround(sum + f[y + i]!);
    }
    for (let i = 0; i < columns; i++) f[y + i] = f[y + i]! / sum;
    return fround(math.log(sum) + most);
  };
  /** Adds up `lossOf` each value's distance from its target, which also writes the gradient. */
  const distances = (
    x: number,
    targets: number,
    size: number,
    lossOf: (distance: number, index: number) => number,
  ): number => {
    const { f } = memory;
    let loss = 0;
    for (let i = 0; i < size; i++) loss += lossOf(fround(f[x + i]! - f[targets + i]!), i);
    return loss;
  };
  return {
    softmax(x, y, rows, columns) {
      for (let row = 0; row < rows; row++)
        softmaxRow(x + row * columns, y + row * columns, columns);
    },
    softmaxGradient(y, dy, dx, rows, columns) {
      const { f } = memory;
      for (let from = 0; from < rows * columns; from += columns) {
        let sum = 0;
        for (let i = from; i < from + columns; i++)
          sum = fround(sum + fround(f[dy + i]! * f[y + i]!));
        for (let i = from; i < from + columns; i++)
          f[dx + i] = f[y + i]! * fround(f[dy + i]! - sum);
      }
    },
    softmaxCrossEntropy(x, targets, y, dx, rows, columns, weight) {
      const { f } = memory;
      let loss = 0;
      for (let from = 0; from < rows * columns; from += columns) {
        const normal = softmaxRow(x + from, y + from, columns);
        let mass = 0;
        let sum = 0;
        for (let i = from; i < from + columns; i++) {
          const target = f[targets + i]!;
          mass = fround(mass + target);
          if (target !== 0) sum = fround(sum + fround(target * fround(normal - f[x + i]!)));
        }
        for (let i = from; i < from + columns; i++) {
          f[dx + i] = fround(fround(f[y + i]! * mass) - f[targets + i]!) * fround(weight);
        }
        loss += sum;
      }
      return loss;
    },
    sigmoidCrossEntropy(x, targets, y, dx, size, weight) {
      const { f } = memory;
      let loss = 0;
      for (let i = 0; i < size; i++) {
        const value = f[x + i]!;
        const target = f[targets + i]!;
        const power = math.exp(-Math.abs(value));
        const large = fround(1 / fround(1 + power));
        const p = value >= 0 ? large : fround(power * large);
        f[y + i] = p;
        f[dx + i] = fround(p - target) * fround(weight);
        const linear = fround(Math.max(value, 0) - fround(value * target));
        loss += fround(linear + math.log(fround(1 + power)));
      }
      return loss;
    },
    squaredError(x, targets, dx, size, weight) {
      return distances(x, targets, size, (distance, i) => {
        memory.f[dx + i] = fround(distance * 2) * fround(weight);
        return fround(distance * distance);
      });
    },
    absoluteError(x, targets, dx, size, weight) {
      return distances(x, targets, size, (distance, i) => {
        memory.f[dx + i] = distance > 0 ? weight : distance < 0 ? -weight : 0;
        return Math.abs(distance);
      });
    },
    huberLoss(x, targets, dx, size, weight, delta) {
      const bound = fround(delta);
      return distances(x, targets, size, (distance, i) => {
        const bounded = Math.max(Math.min(distance, bound), -bound);
        memory.f[dx + i] = bounded * fround(weight);
        return fround(bounded * fround(distance - fround(0.5 * bounded)));
      });
    },
  };
}
