import { TributaryError } from "@tributary/protocol";
import { eventLoopBreak, type EventLoopBreak } from "../runtime/event-loop-break.ts";

/**
 * One call of a trainer under way: it knows when the call must stop, and when other work of the
 * thread is due.
 */
export class Work {
  readonly #signals: readonly AbortSignal[];
  readonly #break: EventLoopBreak = eventLoopBreak();

  constructor(signals: readonly (AbortSignal | undefined)[]) {
    this.#signals = signals.filter((signal) => signal !== undefined);
  }

  /** @throws TributaryError `ABORTED` when one of the signals is aborted. */
  checkStopped(): void {
    const stopped = this.#signals.find(({ aborted }) => aborted);
    if (stopped === undefined) return;
    throw new TributaryError("ABORTED", "The training was stopped", { cause: stopped.reason });
  }

  /**
   * To be called between batches.
   * @returns A promise to await first, when other work is due; otherwise undefined.
   * @throws TributaryError as `checkStopped`.
   */
  pauseIfDue(): Promise<void> | undefined {
    this.checkStopped();
    return this.#break()?.then(() => this.checkStopped());
  }
}
