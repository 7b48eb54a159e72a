import type { Address, RandomSource } from "@tributary/protocol";
import type { Matrix } from "../kernels/matrix.ts";
import type { TrainingKernels } from "../kernels/training-kernels.ts";
import type { PassContext } from "./layer.ts";
import { momentMask, type SkippedStates } from "./moment-mask.ts";
import { stateDropout } from "./state-dropout.ts";

/** How the states of a recurrent layer go from one moment to the next. */
export interface StateLinks {
  /**
   * Whether they go on as they are. Otherwise units are dropped or moments are skipped, and `receive`
   * completes the gradients that go back.
   */
  readonly areStraight: boolean;
  /** What the recurrent kernel multiplies after moment t: its state, perhaps with dropped units. */
  readonly multipliedAt: (t: number) => Matrix;
  startTraining(random: RandomSource): void;
  /** Called before the first moment of a pass. */
  begin(count: number, pass: PassContext): void;
  /** Called when the states of moment t are there. */
  settle(t: number, count: number): void;
  /** Called before the gradients of the gates of moment t are computed, and after it. */
  hold(t: number, count: number): void;
  release(t: number, count: number): void;
  /**
   * Completes the gradient dh of the state before moment t. Not called where links are straight.
   * @param through - Where the gradient that comes through the recurrent kernel lies, [count, units]:
   *   dh itself, or what is to be added to it.
   */
  receive(t: number, through: Address, count: number): void;
}

/** What is to be known of the layer. */
interface LinkedStates extends SkippedStates {
  readonly hAt: (t: number) => Matrix;
  /** Adds the gradient of the output at moment t to dh, where others use that output. */
  readonly addOutputGradient: (t: number, count: number) => void;
}

/**
 * Makes the links between the moments of a recurrent layer.
 * @param rate - The share of units that are dropped.
 * @param mask - Which moments count, [capacity, moments]; 0 when all do.
 */
export function stateLinks(
  kernels: TrainingKernels,
  { rate, mask: flags, capacity }: { rate: number; mask: Address; capacity: number },
  states: LinkedStates,
  allocate: (size: number) => Address,
): StateLinks {
  const { hAt, dh, units, moments } = states;
  const mask = flags === 0 ? undefined : momentMask(kernels, flags, capacity, states, allocate);
  const dropout = rate === 0 ? undefined : stateDropout(kernels, rate, capacity, states, allocate);
  return {
    areStraight: mask === undefined && dropout === undefined,
    multipliedAt: dropout?.droppedAt ?? hAt,
    startTraining: (random) => dropout?.startTraining(random),
    begin: (count, pass) => dropout?.begin(count, pass),
    settle(t, count) {
      mask?.skip(t, count);
      // Nothing is multiplied with the last state.
      if (t < moments - 1) dropout?.drop(t, count);
    },
    hold: (t, count) => mask?.hold(t, count),
    release: (t, count) => mask?.release(t, count),
    receive(t, through, count) {
      dropout?.differentiate(through, count);
      if (through !== dh) kernels.add(through, dh, count * units);
      mask?.handOn(count);
      states.addOutputGradient(t - 1, count);
    },
  };
}
