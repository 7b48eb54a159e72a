import type { Clock, TrainerOptions } from "@tributary/client-sdk";
import type { CheckpointId, CryptoProvider, TaskDefinition } from "@tributary/protocol";
import type { AlgorithmOptions } from "../algorithms/algorithm-options.ts";
import type { AttackOptions } from "../attacks/attack-options.ts";
import type { InitialModel } from "../files/model-files.ts";
import type { Devices } from "./devices.ts";
import type { RunSnapshot } from "./run-snapshot.ts";
import type { SimulatedRound } from "./simulated-round.ts";
import type { TrainerPool, UsedEngine } from "./trainer-pool.ts";

/** What a run is of. */
export interface RunTerms {
  readonly task: TaskDefinition;
  /** The model that the training begins with. */
  readonly model: InitialModel;
  /** All randomness of the run comes from this number. */
  readonly seed: number;
  /** The number of clients. */
  readonly clients: number;
  /** After how many rounds the checkpoint is scored. */
  readonly scoreEveryRounds: number;
  /** The engine of local training. */
  readonly trainer: TrainerOptions;
  /** How clients and server learn; federated averaging if left out. */
  readonly algorithm?: AlgorithmOptions;
  /** What malicious clients do, if there are any. */
  readonly attack?: AttackOptions;
  /** The clients' devices in virtual time; they take no time if left out. */
  readonly devices?: Devices;
}

/** What a run works with. */
export interface RunDeps {
  readonly pool: TrainerPool;
  readonly crypto: CryptoProvider;
  readonly clock: Clock;
}

/** A task whose rounds are run one after the other, with sockets or without. */
export interface SimulatedTask {
  /** The newest parameters, float32; not to be modified. */
  readonly weights: Float32Array;
  /** The name of the newest checkpoint. */
  readonly checkpoint: CheckpointId;
  /** The engine that trains. */
  readonly engine: UsedEngine;
  /** How often each client's report to a training round has counted, where that is known. */
  readonly participation?: Uint32Array;
  /**
   * Runs the next round.
   * @returns `undefined` when the task has come to its end.
   * @throws TributaryError what the work of a client throws, which it names; `ABORTED`.
   */
  next(signal: AbortSignal): Promise<SimulatedRound | undefined>;
  /** What the run needs to go on later, to the same bits; a run over sockets cannot. */
  snapshot?(): RunSnapshot;
  /** Ends what the run has begun for itself, if it has. The pool stays open. */
  close?(): Promise<void>;
}
