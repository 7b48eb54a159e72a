import type { PartialSum } from "@tributary/core";
import type { PoolWork } from "./pool-work.ts";
import type { ClientReport, PartScore, PoolTask, UsedEngine } from "./trainer-pool.ts";

/** One of those that share the work of a pool. It does one thing at a time. */
export interface PoolWorker {
  /** See `TrainerPool.begin`. */
  begin(task: PoolTask): Promise<UsedEngine>;
  /**
   * Takes clients of the work and does what they do, until nobody has any left to take.
   * @param reported - As in `TrainerPool.work`.
   * @returns The sums over the updates that it has added.
   * @throws TributaryError as `TrainerPool.work`.
   */
  work(
    work: PoolWork,
    reported: (report: ClientReport) => void,
    signal: AbortSignal,
  ): Promise<readonly PartialSum[]>;
  /** Measures a model on the held-out examples from `first` on. */
  score(weights: Float32Array, first: number, signal: AbortSignal): Promise<PartScore>;
  close(): Promise<void>;
}
