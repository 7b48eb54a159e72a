import { aborted } from "../session/abort.ts";
import type { Clock } from "../session/clock.ts";

/** A call of `sleep` that has not ended. */
interface Sleeper {
  readonly untilMs: number;
  readonly wake: () => void;
}

/** A `Clock` that stands still until a test advances it: the in-memory adapter of the port. */
export class ManualClock implements Clock {
  #nowMs = 0;
  readonly #sleepers: Set<Sleeper> = new Set();
  // Calls of `slept` that wait for a new sleeper.
  #watchers: (() => void)[] = [];

  now(): number {
    return this.#nowMs;
  }

  /** How long each sleeper still has to sleep, milliseconds, shortest first. */
  get sleeping(): readonly number[] {
    return [...this.#sleepers].map(({ untilMs }) => untilMs - this.#nowMs).sort((a, b) => a - b);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(aborted());
        return;
      }
      const done = (): void => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener("abort", stop);
      };
      const stop = (): void => {
        done();
        reject(aborted());
      };
      const sleeper = {
        untilMs: this.#nowMs + Math.max(0, ms),
        wake: (): void => {
          done();
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", stop, { once: true });
      for (const watch of this.#watchers.splice(0)) watch();
    });
  }

  /**
   * Moves the clock on by `ms` milliseconds and wakes the sleepers whose time has come, earliest
   * first.
   */
  advance(ms: number): void {
    this.#nowMs += ms;
    const due = [...this.#sleepers].filter(({ untilMs }) => untilMs <= this.#nowMs);
    for (const sleeper of due.sort((a, b) => a.untilMs - b.untilMs)) sleeper.wake();
  }

  /** Resolves when there is a sleeper that sleeps for exactly `ms` milliseconds from now. */
  async slept(ms: number): Promise<void> {
    while (!this.sleeping.includes(ms)) {
      await new Promise<void>((resolve) => this.#watchers.push(resolve));
    }
  }
}
