import type { Address } from "@tributary/protocol";
import { after, type Matrix } from "../kernels/matrix.ts";
import type { TrainingKernels } from "../kernels/training-kernels.ts";

/** What lets a recurrent layer skip moments that do not count. */
export interface MomentMask {
  /** Puts the states before a moment into those after it, where the moment does not count. */
  skip(t: number, count: number): void;
  /** Keeps what the way backwards must not change where the moment does not count. */
  hold(t: number, count: number): void;
  /** Puts it back, and makes the gradient of such a moment's gates 0. */
  release(t: number, count: number): void;
  /** Adds what a moment that does not count hands on to the moment before it. */
  handOn(count: number): void;
}

/** What a recurrent layer lets skip. */
export interface SkippedStates {
  readonly moments: number;
  readonly units: number;
  readonly gates: number;
  readonly zAt: (t: number) => Matrix;
  /** Its states at moment t: h, and the cell state of an LSTM. */
  readonly states: readonly ((t: number) => Matrix)[];
  /** The gradient of h, [capacity, units]. */
  readonly dh: Address;
  /** The gradient of the cell state, of the same shape; 0 when there is none. */
  readonly dc: Address;
}

/**
 * Makes the mask of a recurrent layer. A moment that does not count leaves all states as they were,
 * and backwards hands their gradients on.
 * @param mask - 1 or 0 for each moment, [capacity, moments].
 */
export function momentMask(
  kernels: TrainingKernels,
  mask: Address,
  capacity: number,
  { moments, units, gates, zAt, states, dh, dc }: SkippedStates,
  allocate: (size: number) => Address,
): MomentMask {
  const handed = allocate(capacity * units);
  const heldCell = allocate(capacity * units);
  /** Calls a function for every row whose moment t does not count. */
  const forSkipped = (t: number, count: number, treat: (row: number) => void): void => {
    const flags = kernels.values(mask, count * moments);
    for (let row = 0; row < count; row++) if (flags[row * moments + t] === 0) treat(row);
  };
  return {
    skip(t, count) {
      forSkipped(t, count, (row) => {
        for (const at of states) {
          const to = after(at(t).at, row * at(t).row);
          // The state before the first moment is zero.
          if (t === 0) kernels.fill(to, units, 0);
          else kernels.copy(after(at(t - 1).at, row * at(t - 1).row), to, units);
        }
      });
    },
    hold(t, count) {
      kernels.fill(handed, count * units, 0);
      forSkipped(t, count, (row) => {
        kernels.copy(after(dh, row * units), after(handed, row * units), units);
        if (dc !== 0) kernels.copy(after(dc, row * units), after(heldCell, row * units), units);
      });
    },
    release(t, count) {
      const z = zAt(t);
      forSkipped(t, count, (row) => {
        kernels.fill(after(z.at, row * z.row), gates, 0);
        kernels.fill(after(dh, row * units), units, 0);
        if (dc !== 0) kernels.copy(after(heldCell, row * units), after(dc, row * units), units);
      });
    },
    handOn: (count) => kernels.add(handed, dh, count * units),
  };
}
