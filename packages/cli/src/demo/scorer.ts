import type { Examples, TrainerOptions } from "@tributary/client-sdk";
import { memoryOf, type ScorerConversation } from "./demo-conversations.ts";
import type { Metrics } from "./demo-observer.ts";
import { startThread } from "./threads.ts";

/** Scores checkpoints in a thread of its own, in the order in which they are given to it. */
export interface Scorer {
  /** Resolves when the thread has loaded its engine. */
  readonly ready: Promise<void>;
  /** Measures a checkpoint on the held-out examples. */
  score(planBytes: Uint8Array, checkpoint: Uint8Array): Promise<Metrics>;
  close(): Promise<void>;
}

/**
 * Starts the scorer.
 * @param examples - The held-out examples. Their memory moves to the thread and is gone here.
 * @param onDeath - Called if the thread dies.
 */
export function startScorer(
  trainer: TrainerOptions,
  examples: Examples,
  onDeath: (error: Error) => void,
): Scorer {
  const port = startThread<ScorerConversation>("./scorer-thread.js", onDeath);
  return {
    ready: port.ask("load", { trainer, examples }, { transfer: memoryOf([examples]) }),
    score: (planBytes, checkpoint) => port.ask("score", { planBytes, checkpoint }),
    close: () => port.close(),
  };
}
