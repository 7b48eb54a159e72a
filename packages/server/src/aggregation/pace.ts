/** Resolves once whatever else waits for the event loop has had its turn: `setImmediate` in a server. */
export type Rest = () => Promise<void>;

/** Steps, an addition or a comparison each, between two rests: about 1 ms. Making room for the sums takes up to 10 once. */
const STEPS_BETWEEN_RESTS = 2 ** 17;

/**
 * Tells long work when to rest. Awaiting costs more than most of the work's steps, so they are counted and not timed, and
 * a run repeats.
 *
 * @example
 * for (const row of rows) {
 *   addUp(row);
 *   if (pace.spent(row.length)) await pace.rest();
 * }
 */
export class Pace {
  readonly rest: Rest;
  #steps = 0;

  constructor(rest: Rest) {
    this.rest = rest;
  }

  /** Counts `steps` more; true when it is time to rest. */
  spent(steps: number): boolean {
    this.#steps += steps;
    if (this.#steps < STEPS_BETWEEN_RESTS) return false;
    this.#steps = 0;
    return true;
  }
}
