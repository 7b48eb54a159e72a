import { TributaryError } from "@tributary/protocol";
import type { EventLoopBreak } from "@tributary/client-sdk/simulation";
import type { ClientWorkplace } from "./client-workplace.ts";
import {
  SCORED_AT_ONCE,
  type ClientWork,
  type PartScore,
  type TrainerPool,
} from "./trainer-pool.ts";

/**
 * Does all work in the calling thread.
 * @param heldOutCount - The number of held-out examples of the data.
 * @param pauseIfDue - Lets other work of the thread run, such as what aborts a signal. Clients may be
 *   too quick to do so themselves.
 */
export function localPool(
  workplace: Pick<ClientWorkplace, "begin" | "work" | "score" | "takeSums" | "close">,
  heldOutCount: number,
  pauseIfDue: EventLoopBreak,
): TrainerPool {
  return {
    begin: (task) => workplace.begin(task),
    async work(round, clients, reported, signal) {
      let taken = 0;
      let pause = pauseIfDue();
      /** Gives no client when a pause is due, unless nothing has been done since the last one. */
      const nextAfter = (done: number) => (): ClientWork | undefined => {
        pause = taken > done ? pauseIfDue() : undefined;
        return pause === undefined ? clients[taken++] : undefined;
      };
      while (taken < clients.length) {
        await pause;
        checkStopped(signal);
        await workplace.work(round, nextAfter(taken), reported, signal);
      }
      const sums = workplace.takeSums();
      return sums === undefined ? [] : [sums];
    },
    async score(weights, signal) {
      const parts: PartScore[] = [];
      for (let first = 0; first < heldOutCount; first += SCORED_AT_ONCE) {
        await pauseIfDue();
        checkStopped(signal);
        parts.push(await workplace.score(weights, first, signal));
      }
      return parts;
    },
    async close() {
      workplace.close();
    },
  };
}

/** @throws TributaryError `ABORTED` when the signal is aborted. */
function checkStopped({ aborted, reason }: AbortSignal): void {
  if (aborted) throw new TributaryError("ABORTED", "The work was aborted", { cause: reason });
}
