import type { ErrorCode } from "@tributary/protocol";
import type { Examples, TrainerOptions } from "@tributary/client-sdk";

/** One client that a worker thread runs. */
export interface WorkerClient {
  /** Number of the client among all clients of the demo, from 0. */
  readonly index: number;
  readonly examples: Examples;
}

/** What a thread with clients is given when it starts. */
export interface ClientThreadData {
  readonly role: "clients";
  readonly url: string;
  readonly serverKey: string;
  readonly certificate: string | undefined;
  readonly population: string;
  readonly trainer: TrainerOptions;
  readonly seed: number;
  /** The fraction of its examples that each client keeps for evaluation; 0 for none. */
  readonly holdOut: number;
  readonly clients: readonly WorkerClient[];
}

/** What the scoring thread is given when it starts. */
export interface ScorerThreadData {
  readonly role: "scorer";
  readonly trainer: TrainerOptions;
  readonly examples: Examples;
}

export type ThreadData = ClientThreadData | ScorerThreadData;

/** Asks the scoring thread to measure a checkpoint. */
export interface ScoreRequest {
  readonly planBytes: Uint8Array;
  readonly checkpoint: Uint8Array;
  /** Stands in the answer as well. */
  readonly id: number;
}

/** An error that ends the demo. `client` says which client has failed; without it the thread itself has failed. */
export interface ThreadFailure {
  readonly type: "failed";
  readonly code: ErrorCode;
  /** The message without the remedy. */
  readonly message: string;
  readonly remedy?: string;
  readonly client?: number;
}

/** What a thread tells. */
export type ThreadMessage =
  | { readonly type: "ready" }
  | { readonly type: "score"; readonly id: number; readonly metrics: Record<string, number> }
  | ThreadFailure;
