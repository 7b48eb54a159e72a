import type { Examples, TrainerOptions } from "@tributary/client-sdk";

/** One client that a worker thread runs. */
export interface ThreadClient {
  /** Number of the client among all clients of the run, from 0. */
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
}

/** Which clients of a thread take part, and for how long. */
export interface Participation {
  /** Their numbers, of which those in other threads are passed over; all clients if left out. */
  readonly clients?: readonly number[];
  /** In how many rounds each of them takes part; until the server is closed if left out. */
  readonly rounds?: number;
}

/** What a thread with clients is asked. */
export interface ClientConversation {
  /** Makes the clients. Comes before all else. */
  readonly make: { readonly request: ClientSetup; readonly answer: void };
  /** Lets clients take part. Fails with the first that cannot. */
  readonly takePart: { readonly request: Participation; readonly answer: void };
}

/** The memory of examples, each part once: clients may share one array. It moves to a thread. */
export function memoryOf(examples: readonly Examples[]): ArrayBuffer[] {
  const parts = examples.flatMap(({ features, labels }) => [features.buffer, labels.buffer]);
  return [...new Set(parts)] as ArrayBuffer[];
}
