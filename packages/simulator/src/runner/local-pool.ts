import type { EventLoopBreak } from "@tributary/client-sdk/simulation";
import type { ClientWorkplace } from "./client-workplace.ts";
import { SCORED_AT_ONCE, type PartScore, type TrainerPool } from "./trainer-pool.ts";

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
      for (const client of clients) {
        await pauseIfDue();
        signal.throwIfAborted();
        reported(await workplace.work(round, client, signal));
      }
      const sums = workplace.takeSums();
      return sums === undefined ? [] : [sums];
    },
    async score(weights, signal) {
      const parts: PartScore[] = [];
      for (let first = 0; first < heldOutCount; first += SCORED_AT_ONCE) {
        await pauseIfDue();
        signal.throwIfAborted();
        parts.push(await workplace.score(weights, first, signal));
      }
      return parts;
    },
    async close() {
      workplace.close();
    },
  };
}
