import type { Examples, TrainerOptions } from "@tributary/client-sdk";
import type { Metrics } from "./demo-observer.ts";
import { startThread, type DemoThread } from "./threads.ts";
import type { ScoreRequest } from "./worker-messages.ts";

/** Scores checkpoints in a thread of its own, in the order in which they are given to it. */
export interface Scorer {
  readonly thread: DemoThread;
  /**
   * Measures a checkpoint on the held-out examples.
   * @param roundNumber - The round that made the checkpoint; each round is scored once.
   */
  score(roundNumber: number, planBytes: Uint8Array, checkpoint: Uint8Array): Promise<Metrics>;
}

/**
 * Starts the scorer.
 * @param examples - The held-out examples. Their memory moves to the thread and is gone here.
 * @param onFailure - Called if the thread fails; the scores that are due then never come.
 */
export function startScorer(
  trainer: TrainerOptions,
  examples: Examples,
  onFailure: (error: Error) => void,
): Scorer {
  const waiting = new Map<number, (metrics: Metrics) => void>();
  const thread = startThread(
    { role: "scorer", trainer, examples },
    (message) => {
      if (message.type !== "score") return;
      waiting.get(message.id)?.(message.metrics);
      waiting.delete(message.id);
    },
    onFailure,
  );
  return {
    thread,
    score(roundNumber, planBytes, checkpoint) {
      const request: ScoreRequest = { id: roundNumber, planBytes, checkpoint };
      return new Promise((resolve) => {
        waiting.set(roundNumber, resolve);
        thread.worker.postMessage(request);
      });
    },
  };
}
