import { poolWork, takeAll } from "./pool-work.ts";
import type { PoolWorker } from "./pool-worker.ts";
import { SCORED_AT_ONCE, type PartScore, type TrainerPool } from "./trainer-pool.ts";

/**
 * A pool of workers that share all work. Which of them does what depends on which is free. Those that
 * come first are asked first: the worker of the calling thread comes last, because it works at once.
 * @param heldOutCount - The number of held-out examples of the data.
 */
export function sharedPool(workers: readonly PoolWorker[], heldOutCount: number): TrainerPool {
  /** Lets all workers take from the same work. The first error stops the others. */
  async function everyWorker<Result>(
    signal: AbortSignal,
    take: (worker: PoolWorker, stop: AbortSignal) => Promise<Result>,
  ): Promise<Result[]> {
    const [alone] = workers;
    if (workers.length === 1) return [await take(alone!, signal)];
    const failure = new AbortController();
    const stop = AbortSignal.any([signal, failure.signal]);
    const takers = workers.map((worker) => take(worker, stop));
    try {
      return await Promise.all(takers);
    } catch (error) {
      failure.abort(error);
      await Promise.allSettled(takers);
      throw error;
    }
  }

  return {
    async begin(task) {
      const engines = await Promise.all(workers.map((worker) => worker.begin(task)));
      return engines[0]!;
    },
    async work(round, clients, reported, signal) {
      const work = poolWork(round, clients);
      const sums = await everyWorker(signal, async (worker, stop) => {
        try {
          return await worker.work(work, reported, stop);
        } finally {
          // After an error, no worker takes another client.
          takeAll(work);
        }
      });
      return sums.flat();
    },
    async score(weights, signal) {
      const parts: PartScore[] = [];
      let next = 0;
      await everyWorker(signal, async (worker, stop) => {
        while (next * SCORED_AT_ONCE < heldOutCount) {
          const part = next++;
          parts[part] = await worker.score(weights, part * SCORED_AT_ONCE, stop);
        }
      });
      return parts;
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.close()));
    },
  };
}
