import type { Clock } from "@tributary/protocol";

/** What is no leap, milliseconds: browsers call the timers of hidden pages up to a minute late. */
const TOLERATED_MS = 60_000;

/**
 * Notices that the clocks have leapt: the device slept, the browser froze the page, or somebody set
 * the time. `elapsedMs` stands still meanwhile on some platforms and goes on on others, so that both
 * clocks are looked at.
 */
export class ClockLeaps {
  readonly #clock: Clock;
  #nowMs: number;
  #elapsedMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#nowMs = clock.now();
    this.#elapsedMs = clock.elapsedMs();
  }

  /**
   * Looks at the clocks.
   * @param expectedMs - The time that should have passed since the last look, where that is known.
   * @returns By how much they have leapt since then, milliseconds; negative when the time was set
   *   back; undefined when they have not.
   */
  look(expectedMs?: number): number | undefined {
    const nowMs = this.#clock.now();
    const elapsedMs = this.#clock.elapsedMs();
    const passedMs = elapsedMs - this.#elapsedMs;
    const leaptMs = Math.round(nowMs - this.#nowMs - (expectedMs ?? passedMs));
    this.#nowMs = nowMs;
    this.#elapsedMs = elapsedMs;
    return Math.abs(leaptMs) > TOLERATED_MS ? leaptMs : undefined;
  }
}
