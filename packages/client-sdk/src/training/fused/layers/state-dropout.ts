import type { Address, RandomSource } from "@tributary/protocol";
import { after, matrix, ZEROS, type Matrix } from "../kernels/matrix.ts";
import type { TrainingKernels } from "../kernels/training-kernels.ts";
import { decidedMask, undecidedMask } from "./dropout-mask.ts";
import type { PassContext } from "./layer.ts";

/** What drops units of a recurrent layer's state before the recurrent kernel multiplies it. */
export interface StateDropout {
  /** The state with its dropped units at moment t, or zeros before the first. */
  readonly droppedAt: (t: number) => Matrix;
  startTraining(random: RandomSource): void;
  /** Decides for a whole pass which units are dropped: the same at all moments. */
  begin(count: number, pass: PassContext): void;
  /** Computes the state with its dropped units, once the state at moment t is known. */
  drop(t: number, count: number): void;
  /** Makes the gradient of a state of that of its dropped form, [count, units], in place. */
  differentiate(gradient: Address, count: number): void;
}

/** Makes the dropout of states that lie [capacity, moments, units]. */
export function stateDropout(
  kernels: TrainingKernels,
  rate: number,
  capacity: number,
  { moments, units, hAt }: { moments: number; units: number; hAt: (t: number) => Matrix },
  allocate: (size: number) => Address,
): StateDropout {
  let mask = undecidedMask(rate);
  const factors = allocate(capacity * units);
  const states = allocate(capacity * moments * units);
  const own = allocate(capacity * units);
  const row = moments * units;
  const sizes = [1, 1, units] as const;
  const side = { at: own, strides: [units, 0, 0, 1] } as const;
  const droppedAt = (t: number): Matrix => (t < 0 ? ZEROS : matrix(after(states, t * units), row));
  return {
    droppedAt,
    startTraining(random) {
      mask = decidedMask(mask, random);
    },
    begin(count, { training, number }) {
      kernels.fill(factors, count * units, 1);
      if (training) kernels.dropout(factors, factors, count * units, mask, number);
    },
    drop(t, count) {
      kernels.arrange({ at: hAt(t).at, strides: [row, 0, 0, 1] }, side, sizes, count);
      kernels.multiply(own, factors, own, count * units);
      kernels.arrange(side, { at: droppedAt(t).at, strides: [row, 0, 0, 1] }, sizes, count);
    },
    differentiate: (gradient, count) =>
      kernels.multiply(gradient, factors, gradient, count * units),
  };
}
