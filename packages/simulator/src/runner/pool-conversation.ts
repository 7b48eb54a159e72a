import type { PartialSum } from "@tributary/core";
import type { PoolWork } from "./pool-work.ts";
import type { SimulationData } from "./simulation-data.ts";
import type { ClientReport, PartScore, PoolTask, UsedEngine } from "./trainer-pool.ts";

/** What a thread of the pool has from its beginning; the arrays are shared. */
export type PoolThreadData = SimulationData;

/** What a thread of the pool is asked. */
export interface PoolConversation {
  readonly begin: { readonly request: PoolTask; readonly answer: UsedEngine };
  /** Does the work of clients that no other worker does, until there is none left. */
  readonly work: {
    readonly request: PoolWork;
    readonly answer: {
      /** Where updates travel with the reports, only some of them, so that memory stays bounded. */
      readonly reports: readonly ClientReport[];
      readonly sums: PartialSum | undefined;
    };
  };
  /** Measures the held-out examples from `first` on. */
  readonly score: {
    readonly request: { readonly weights: Float32Array; readonly first: number };
    readonly answer: PartScore;
  };
}
