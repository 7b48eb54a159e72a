import type { FlightSnapshot } from "./clients-in-flight.ts";
import type { ModelState } from "@tributary/core";
import type { Vectors } from "../algorithms/algorithm.ts";
import type { SimulatedRound } from "./simulated-round.ts";
import type { KeptValues } from "./trainer-pool.ts";

/** Where a run stands between two rounds. */
export interface RunSnapshot {
  /** All rounds so far, the oldest first. */
  readonly rounds: readonly SimulatedRound[];
  /** The round after them, if the run was stopped while its checkpoint was scored. */
  readonly unscored?: SimulatedRound;
  /** Tells the data that the run began with; absent in snapshots of earlier versions. */
  readonly data?: string;
  readonly state: Pick<ModelState, "weights" | "memory" | "residual">;
  /** What clients keep, by number. */
  readonly kept: ReadonlyMap<number, KeptValues>;
  /** What the server remembers by the algorithm. */
  readonly remembered: Vectors;
  /** How often each client's report to a training round has counted. */
  readonly participation: Uint32Array;
  /** The bytes of the newest version of the model, and of its difference from the one before. */
  readonly modelBytes: number;
  readonly differenceBytes?: number;
  /** The newest version that each client has got. */
  readonly held: ReadonlyMap<number, number>;
  /** The clients that train, and the models that they train from, of an asynchronous run. */
  readonly flight?: {
    readonly clients: FlightSnapshot;
    readonly models: ReadonlyMap<number, Float32Array>;
  };
}
