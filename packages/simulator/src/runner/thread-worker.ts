import type { PartialSum } from "@tributary/core";
import type { PoolConversation, PoolThreadData } from "./pool-conversation.ts";
import { isAnyLeft } from "./pool-work.ts";
import type { PoolWorker } from "./pool-worker.ts";
import { startThread } from "./start-thread.ts";

/**
 * Works in a thread of its own.
 * @param workerData - Its arrays should be in shared memory: others are copied.
 */
export function threadWorker(workerData: PoolThreadData): PoolWorker {
  const name = "A thread of the simulation";
  const thread = startThread<PoolConversation>("./pool-thread", import.meta.url, {
    name,
    workerData,
  });
  return {
    begin: (task) => thread.ask("begin", task),
    async work(work, reported, signal) {
      const sums: PartialSum[] = [];
      while (isAnyLeft(work)) {
        const done = await thread.ask("work", work, { signal });
        for (const report of done.reports) reported(report);
        if (done.sums !== undefined) sums.push(done.sums);
      }
      return sums;
    },
    score: (weights, first, signal) => thread.ask("score", { weights, first }, { signal }),
    close: () => thread.close(),
  };
}
