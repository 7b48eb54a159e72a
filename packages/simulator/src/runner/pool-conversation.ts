import type { SimulationData } from "./simulation-data.ts";
import type { ClientReport, ClientWork, PartScore, PoolRound, PoolTask } from "./trainer-pool.ts";

/** What a thread of the pool has from its beginning; the arrays are shared. */
export type PoolThreadData = SimulationData;

/** What a thread of the pool is asked. */
export interface PoolConversation {
  readonly begin: { readonly request: PoolTask; readonly answer: void };
  /** Does the work of some clients, one after the other. */
  readonly work: {
    readonly request: { readonly round: PoolRound; readonly clients: readonly ClientWork[] };
    readonly answer: readonly ClientReport[];
  };
  /** Measures the held-out examples from `first` on. */
  readonly score: {
    readonly request: { readonly weights: Float32Array; readonly first: number };
    readonly answer: PartScore;
  };
}
