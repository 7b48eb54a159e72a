/**
 * Lets everything else that is ready run once, and resolves after that. A server passes a function
 * that waits for one turn of its event loop; a worker of a simulation may pass one that resolves
 * at once.
 */
export type YieldTurn = () => Promise<void>;

/**
 * Number of steps in one slice. One step is an addition or a comparison, so that a slice takes
 * about 1 ms. It may take up to 10 ms when memory for sums is allocated in it.
 */
const STEPS_PER_SLICE = 2 ** 17;

/**
 * Divides long work into slices, between which other work gets its turn. The class counts steps
 * and reads no clock, for two reasons: awaiting costs more than most steps, and a run that is
 * repeated yields at the same places.
 *
 * @example
 * const slice = new TimeSlice(yieldTurn);
 * for (const row of rows) {
 *   addUp(row);
 *   if (slice.isUsedUp(row.length)) await slice.yieldTurn();
 * }
 */
export class TimeSlice {
  readonly yieldTurn: YieldTurn;
  #steps = 0;

  constructor(yieldTurn: YieldTurn) {
    this.yieldTurn = yieldTurn;
  }

  /**
   * Counts work that has been done.
   * @param steps - Additions or comparisons since the last call; ≥ 0.
   * @returns True when the slice is used up and the caller should await `yieldTurn`. A new slice
   *   begins with the next call.
   */
  isUsedUp(steps: number): boolean {
    this.#steps += steps;
    if (this.#steps < STEPS_PER_SLICE) return false;
    this.#steps = 0;
    return true;
  }
}
