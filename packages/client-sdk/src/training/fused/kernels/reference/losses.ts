import type { Address } from "@tributary/protocol";
import type { Loss, LossKernels } from "../number-kernels.ts";
import type { ReferenceMath } from "./math.ts";
import { indexOf, type ReferenceMemory } from "./memory.ts";

const { fround } = Math;

/** The specification of the losses and of softmax. */
export function lossKernels(memory: ReferenceMemory, math: ReferenceMath): LossKernels {
  /**
   * Writes the softmax of a row. The largest value is subtracted first, so that no power overflows.
   * @param x, y - Indices in the memory.
   * @returns The logarithm of the sum of the powers of e.
   */
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
    // ln Σ e^x = ln Σ e^(x − most) + most.
    return fround(math.log(sum) + most);
  };
  /** Adds up what `lossOf` gives for the distance of each value from its target. */
  const distances = (
    { x, targets }: Loss,
    size: number,
    lossOf: (distance: number, index: number) => number,
  ): number => {
    const { f } = memory;
    let loss = 0;
    for (let i = 0; i < size; i++)
      loss += lossOf(fround(f[indexOf(x) + i]! - f[indexOf(targets) + i]!), i);
    return loss;
  };
  return {
    softmax(x, y, rows, columns) {
      for (let from = 0; from < rows * columns; from += columns) {
        softmaxRow(indexOf(x) + from, indexOf(y) + from, columns);
      }
    },
    // The output y_i depends on every input of its row, hence the sum over the row.
    softmaxGradient(y, dy, dx, rows, columns) {
      const { f } = memory;
      for (let from = 0; from < rows * columns; from += columns) {
        let sum = 0;
        for (let i = from; i < from + columns; i++) {
          sum = fround(sum + fround(f[indexOf(dy) + i]! * f[indexOf(y) + i]!));
        }
        for (let i = from; i < from + columns; i++) {
          f[indexOf(dx) + i] = f[indexOf(y) + i]! * fround(f[indexOf(dy) + i]! - sum);
        }
      }
    },
    softmaxCrossEntropy(places, rows, columns, weight) {
      const { f } = memory;
      const { x, targets, y, dx } = indicesOf(places);
      let loss = 0;
      for (let from = 0; from < rows * columns; from += columns) {
        // −ln softmax(x)_i is `normal − x_i`. Computing it from the logits keeps it finite where
        // the probability rounds to 0.
        const normal = softmaxRow(x + from, y + from, columns);
        // The sum of the targets: 1 if they are a distribution, as one class or smoothed labels
        // are.
        let mass = 0;
        let sum = 0;
        for (let i = from; i < from + columns; i++) {
          const target = f[targets + i]!;
          mass = fround(mass + target);
          // A target of 0 adds nothing, also where the logit is so far away that the product is no
          // number.
          if (target !== 0) sum = fround(sum + fround(target * fround(normal - f[x + i]!)));
        }
        for (let i = from; i < from + columns; i++) {
          // The derivative of −Σ target · ln softmax(x) with respect to x_i.
          f[dx + i] = fround(fround(f[y + i]! * mass) - f[targets + i]!) * fround(weight);
        }
        loss += sum;
      }
      return loss;
    },
    sigmoidCrossEntropy(places, size, weight) {
      const { f } = memory;
      const { x, targets, y, dx } = indicesOf(places);
      let loss = 0;
      for (let i = 0; i < size; i++) {
        const value = f[x + i]!;
        const target = f[targets + i]!;
        // Only e^−|x| is used, which cannot overflow. For a negative x the same power gives the
        // sigmoid as e^x / (1 + e^x).
        const power = math.exp(-Math.abs(value));
        const large = fround(1 / fround(1 + power));
        const p = value >= 0 ? large : fround(power * large);
        f[y + i] = p;
        f[dx + i] = fround(p - target) * fround(weight);
        // max(x, 0) − x · target + ln(1 + e^−|x|) is the cross-entropy of the sigmoid for both
        // signs of x.
        const linear = fround(Math.max(value, 0) - fround(value * target));
        loss += fround(linear + math.log(fround(1 + power)));
      }
      return loss;
    },
    squaredError(places, size, weight) {
      return distances(places, size, (distance, i) => {
        memory.f[indexOf(places.dx) + i] = fround(distance * 2) * fround(weight);
        return fround(distance * distance);
      });
    },
    absoluteError(places, size, weight) {
      return distances(places, size, (distance, i) => {
        // The derivative at a distance of exactly 0 is taken as 0.
        memory.f[indexOf(places.dx) + i] = distance > 0 ? weight : distance < 0 ? -weight : 0;
        return Math.abs(distance);
      });
    },
    huberLoss(places, size, weight, delta) {
      const bound = fround(delta);
      return distances(places, size, (distance, i) => {
        // With the distance limited to ±delta as b, one formula covers both parts of the loss: b ·
        // (d − ½ b). Its derivative is b.
        const bounded = Math.max(Math.min(distance, bound), -bound);
        memory.f[indexOf(places.dx) + i] = bounded * fround(weight);
        return fround(bounded * fround(distance - fround(0.5 * bounded)));
      });
    },
  };
}

type Places = Loss & { readonly y: Address };

/** @returns The indices of all operands in the views of the memory. */
const indicesOf = ({ x, targets, y, dx }: Places): Places => ({
  x: indexOf(x),
  targets: indexOf(targets),
  y: indexOf(y),
  dx: indexOf(dx),
});
