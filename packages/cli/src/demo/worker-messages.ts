import type { ErrorCode } from "@tributary/protocol";
import type { Examples, TrainerOptions } from "@tributary/client-sdk";

/** One client that a worker thread runs. */
export interface WorkerClient {
  /** Number of the client among all of the demo. */
  readonly index: number;
  readonly examples: Examples;
}

/** What a client thread is started with. */
export interface ClientThreadData {
  readonly role: "clients";
  readonly url: string;
  readonly serverKey: string;
  readonly certificate: string | undefined;
  readonly population: string;
  readonly trainer: TrainerOptions;
  readonly seed: number;
  /** Share of each client's examples to evaluate on; 0 for none. */
  readonly holdOut: number;
  readonly clients: readonly WorkerClient[];
}

/** What the scoring thread is started with. */
export interface ScorerThreadData {
  readonly role: "scorer";
  readonly trainer: TrainerOptions;
  readonly examples: Examples;
}

export type ThreadData = ClientThreadData | ScorerThreadData;

/** To a scoring thread. */
export interface ScoreRequest {
  readonly planBytes: Uint8Array;
  readonly checkpoint: Uint8Array;
  readonly id: number;
}

/** Something that a demo does not get over: a client's trouble, or without `client` the thread's own. */
export interface ThreadFailure {
  readonly type: "failed";
  readonly code: ErrorCode;
  /** Without the remedy. */
  readonly message: string;
  readonly remedy?: string;
  readonly client?: number;
}

/** From a thread. */
export type ThreadMessage =
  | { readonly type: "ready" }
  | { readonly type: "score"; readonly id: number; readonly metrics: Record<string, number> }
  | ThreadFailure;
