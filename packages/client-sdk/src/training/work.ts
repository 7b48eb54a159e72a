import { TributaryError } from "@tributary/protocol";
import { eventLoopBreak, type EventLoopBreak } from "../runtime/event-loop-break.ts";

/**
 * One call of a trainer under way: it knows when the call must stop, and when other work of the
 * thread is due.
 */
export class Work {
  readonly #signals: readonly AbortSignal[];
  readonly #break: EventLoopBreak = eventLoopBreak();

  readonly #hold: (() => Promise<void> | undefined) | undefined;

  /** @param hold - As in `TrainRequest`. */
  constructor(
    signals: readonly (AbortSignal | undefined)[],
    hold?: () => Promise<void> | undefined,
  ) {
    this.#hold = hold;
    this.#signals = signals.filter((signal) => signal !== undefined);
  }

  /** @throws TributaryError `ABORTED` when one of the signals is aborted. */
  checkStopped(): void {
    const stopped = this.#signals.find(({ aborted }) => aborted);
    if (stopped === undefined) return;
    throw new TributaryError("ABORTED", "The training was stopped", { cause: stopped.reason });
  }

  /**
   * To be called between batches, and within long ones.
   * @returns A promise to await first, when other work is due or the work is held; otherwise
   *   undefined.
   * @throws TributaryError as `checkStopped`.
   */
  pauseIfDue(): Promise<void> | undefined {
    this.checkStopped();
    return (this.#hold?.() ?? this.#break())?.then(() => this.checkStopped());
  }
}
