import type { Examples, TrainerOptions } from "@tributary/client-sdk";
import type { Metrics } from "./demo-observer.ts";

/** One client that a worker thread runs. */
export interface ThreadClient {
  /** Number of the client among all clients of the demo, from 0. */
  readonly index: number;
  readonly examples: Examples;
}

/** What the clients of a thread need to take part. */
export interface ClientSetup {
  readonly url: string;
  readonly serverKey: string;
  readonly certificate: string | undefined;
  readonly population: string;
  readonly trainer: TrainerOptions;
  readonly seed: number;
  /** The fraction of its examples that each client keeps for evaluation; 0 for none. */
  readonly holdOut: number;
  readonly clients: readonly ThreadClient[];
  /** Whether the clients take part only in the rounds for which they are called. */
  readonly waitForCalls: boolean;
}

/** What a thread with clients is asked. */
export interface ClientConversation {
  /**
   * Makes the clients and, unless they wait for calls, lets them take part until their task is over.
   * Comes before all else. Fails with the first client that cannot take part.
   */
  readonly takePart: { readonly request: ClientSetup; readonly answer: void };
  /**
   * Lets the clients with these numbers, those of other threads left out, take part in one round
   * each. Fails with the first that cannot.
   */
  readonly call: {
    readonly request: { readonly clients: readonly number[] };
    readonly answer: void;
  };
}

/** What the thread that scores checkpoints is asked. */
export interface ScorerConversation {
  /** Loads the engine. Comes before all else. */
  readonly load: {
    readonly request: { readonly trainer: TrainerOptions; readonly examples: Examples };
    readonly answer: void;
  };
  /** Measures a checkpoint on the held-out examples. */
  readonly score: {
    readonly request: { readonly planBytes: Uint8Array; readonly checkpoint: Uint8Array };
    readonly answer: Metrics;
  };
}

/** The memory of examples, each part once: clients may share one array. It moves to a thread. */
export function memoryOf(examples: readonly Examples[]): ArrayBuffer[] {
  const parts = examples.flatMap(({ features, labels }) => [features.buffer, labels.buffer]);
  return [...new Set(parts)] as ArrayBuffer[];
}
