import type { Clock } from "../runtime/clock.ts";
import type { TrainingProgress } from "../training/local-trainer.ts";

/** Ten a second look smooth and cost nothing. */
const INTERVAL_MS = 100;

/**
 * Lets through each epoch's last batch, the very first one, and others at least 100 ms apart.
 * @param show - Gets what is let through.
 */
export function throttleProgress(
  clock: Clock,
  show: (progress: TrainingProgress) => void,
): (progress: TrainingProgress) => void {
  let lastMs = Number.NEGATIVE_INFINITY;
  return (progress) => {
    const nowMs = clock.now();
    if (progress.batch < progress.batches && nowMs - lastMs < INTERVAL_MS) return;
    lastMs = nowMs;
    show(progress);
  };
}
