import type { EngineChoice, TrainerOptions } from "@tributary/client-sdk";
import type { PreparedReport } from "@tributary/client-sdk/simulation";
import type { PartialSum, WeightingTerms } from "@tributary/core";
import type { ErrorCode, MetricBasis } from "@tributary/protocol";
import type { AlgorithmOptions } from "../algorithms/algorithm-options.ts";
import type { Vectors } from "../algorithms/algorithm.ts";
import type { ReportedBeside } from "../algorithms/server-part.ts";
import type { AttackOptions } from "../attacks/attack-options.ts";
import type { AttackedRound } from "../attacks/attack-part.ts";

/** An engine that trains, which `auto` is not. */
export type UsedEngine = EngineChoice["engine"];

/** What every client of a simulation has in common. */
export interface PoolTask {
  /** The canonical bytes of the plan. */
  readonly planBytes: Uint8Array;
  /** The seed of the run. Each client draws from a stream of its own. */
  readonly seed: number;
  /** The engine of local training and of scores. */
  readonly trainer: TrainerOptions;
  /** The share of its examples that each client holds out to evaluate on; 0 for none. */
  readonly heldOut: number;
  /** How much an update counts, where workers add updates up. */
  readonly weighting: WeightingTerms;
  /** How clients learn; federated averaging if left out. */
  readonly algorithm?: AlgorithmOptions;
  /** What malicious clients do, if there are any. */
  readonly attack?: AttackOptions;
}

/** What the clients of one round are given. */
export interface PoolRound {
  readonly purpose: "training" | "evaluation";
  readonly number: number;
  /** All parameters of the model, float32, in layout order. Nobody writes to them. */
  readonly weights: Float32Array;
  /** What the algorithm sends beside the model; nothing if left out. Nobody writes to it. */
  readonly sent?: Vectors;
  /** How many steps the server has made since the clients began; 0 if left out. */
  readonly staleness?: number;
  /** Who attacks, if anybody does. */
  readonly attacked?: AttackedRound;
}

/**
 * What a client keeps from one report to the next. A client of which nothing is kept has nothing
 * here.
 */
export interface KeptValues {
  /** What the encoding of its last update lost. */
  readonly residual?: Float32Array;
  /** Its own values of the layers that the plan leaves to each client. */
  readonly localLayers?: Float32Array;
  /** What the algorithm keeps. */
  readonly vectors?: Vectors;
}

/** The part of one client in a round. */
export interface ClientWork {
  /** The client's number, from 0. */
  readonly client: number;
  readonly kept?: KeptValues;
  /** Passes over its examples, where they are not those of the plan. */
  readonly epochs?: number;
}

/** What a client's work has come to. */
export interface ClientReport extends Omit<PreparedReport, "counted">, ReportedBeside {
  readonly client: number;
  /**
   * As in `PreparedReport`, but without the update where the worker has added it to its sums. The
   * client's next report may overwrite it.
   */
  readonly payload: Uint8Array;
  /** Length of the payload as the client would send it. */
  readonly payloadBytes: number;
  /** Why the worker has not added the update, if it has refused it. */
  readonly refusal?: ErrorCode | undefined;
  /** What the client keeps once its report counts. */
  readonly kept?: KeptValues | undefined;
  /** How long the engine worked, in milliseconds. */
  readonly trainerMs: number;
}

/** What some held-out examples of the data have measured. */
export interface PartScore {
  readonly exampleCount: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly bases: readonly MetricBasis[];
  /** How often an attack succeeds that aims at something: see `Attack.aim`. */
  readonly attacked?: { readonly exampleCount: number; readonly successRate: number };
}

/**
 * Does the work of clients. What it gives depends on the work alone and never on who does it, so that
 * one thread and many give the same bits.
 */
export interface TrainerPool {
  /**
   * Begins a run. It comes before all else, and again for each run.
   * @returns The engine that works.
   */
  begin(task: PoolTask): Promise<UsedEngine>;
  /**
   * Does the work of some clients of a round. Where the plan's rule keeps only sums, workers add the
   * updates themselves.
   * @param reported - Called with each report, in any order. What it throws ends the work.
   * @returns The sums over the updates that workers have added for these clients.
   * @throws TributaryError of the first client whose work fails; the message names the client. Also
   *   `ABORTED`.
   */
  work(
    round: PoolRound,
    clients: readonly ClientWork[],
    reported: (report: ClientReport) => void,
    signal: AbortSignal,
  ): Promise<readonly PartialSum[]>;
  /**
   * Measures a model on the data's held-out examples.
   * @returns The parts in the order of the examples.
   */
  score(weights: Float32Array, signal: AbortSignal): Promise<readonly PartScore[]>;
  /** Ends the work, and the threads that do it. */
  close(): Promise<void>;
}

/** How many held-out examples are measured at once. The sums of a score depend on it. */
export const SCORED_AT_ONCE = 2_000;
