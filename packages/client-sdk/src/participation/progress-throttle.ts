import type { Clock } from "@tributary/protocol";
import type { TrainingProgress } from "../training/local-trainer.ts";

/**
 * The shortest time between two events within an epoch, milliseconds: ten a second look smooth and
 * cost next to nothing.
 */
const INTERVAL_MS = 100;

/**
 * Makes a function that passes on some of the progress it is told: the very first batch, the last
 * batch of each epoch, and other batches when at least 100 ms have passed since the last one.
 * @param clock - Measures the time between batches.
 * @param show - Receives what is passed on.
 */
export function throttleProgress(
  clock: Clock,
  show: (progress: TrainingProgress) => void,
): (progress: TrainingProgress) => void {
  let lastMs = Number.NEGATIVE_INFINITY;
  return (progress) => {
    const readMs = clock.elapsedMs();
    if (progress.batch < progress.batches && readMs - lastMs < INTERVAL_MS) return;
    lastMs = readMs;
    show(progress);
  };
}
