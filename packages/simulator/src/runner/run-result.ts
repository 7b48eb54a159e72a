import type { CheckpointId, TributaryError } from "@tributary/protocol";
import type { SimulatedRound } from "./simulated-round.ts";
import type { UsedEngine } from "./trainer-pool.ts";

/** What a run has come to. */
export interface RunResult {
  readonly seed: number;
  /** The name of the experiment's variant; null when it has none. */
  readonly variant: string | null;
  /** What the experiment's `sweep` gave the run, by the path of the key. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** The engine that trained; of a run that went on, the one that trained last. */
  readonly engine: UsedEngine;
  /** All rounds, the oldest first. */
  readonly rounds: readonly SimulatedRound[];
  /** The name of the last checkpoint. */
  readonly checkpoint: CheckpointId;
  /** The last parameters, float32. */
  readonly weights: Float32Array;
  /** Why the run stopped before its end: the work of a client failed. Left out at its end. */
  readonly failure?: TributaryError;
  /** How often each client's report to a training round has counted; not known with `wire`. */
  readonly participation?: Uint32Array;
}
