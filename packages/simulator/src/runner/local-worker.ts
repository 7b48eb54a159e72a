import { TributaryError } from "@tributary/protocol";
import type { EventLoopBreak } from "@tributary/client-sdk/simulation";
import type { ClientWorkplace } from "./client-workplace.ts";
import { isAnyLeft, takeClient } from "./pool-work.ts";
import type { PoolWorker } from "./pool-worker.ts";
import type { ClientWork } from "./trainer-pool.ts";

/**
 * Works in the calling thread.
 * @param pauseIfDue - Lets other work of the thread run, such as what aborts a signal. Clients may be
 *   too quick to do so themselves.
 */
export function localWorker(
  workplace: Pick<ClientWorkplace, "begin" | "work" | "score" | "takeSums" | "close">,
  pauseIfDue: EventLoopBreak,
): PoolWorker {
  return {
    begin: (task) => workplace.begin(task),
    async work(work, reported, signal) {
      let pause = pauseIfDue();
      /** Gives no client when a pause is due, unless nothing has been done since the last one. */
      const nextAfterPause = (): (() => ClientWork | undefined) => {
        let isFirst = true;
        return () => {
          pause = isFirst ? undefined : pauseIfDue();
          isFirst = false;
          return pause === undefined ? takeClient(work) : undefined;
        };
      };
      while (isAnyLeft(work)) {
        await pause;
        checkStopped(signal);
        await workplace.work(work.round, nextAfterPause(), reported, signal);
      }
      const sums = workplace.takeSums();
      return sums === undefined ? [] : [sums];
    },
    async score(weights, first, signal) {
      await pauseIfDue();
      checkStopped(signal);
      return workplace.score(weights, first, signal);
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
