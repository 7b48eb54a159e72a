import { freemem } from "node:os";
import { TributaryError } from "@tributary/protocol";

/** What a person can do where memory is short. */
export const MEMORY_REMEDY = "Train a smaller model, or with smaller batches.";

/**
 * Says how many bytes this process may still allocate: what the system has, and no more than a limit
 * of its container leaves. Memory that the system could take back from its caches counts as free.
 */
export function availableBytes(): number {
  const limit = process.constrainedMemory();
  // Without a limit it is 0, or more than any machine has.
  const left = limit > 0 ? limit - process.memoryUsage.rss() : Number.POSITIVE_INFINITY;
  return Math.max(0, Math.min(freemem(), left));
}

/** Makes a typed error of one that says that there was no memory to allocate; keeps others. */
export function asMemoryError(error: unknown): unknown {
  const text = error instanceof Error ? error.message : String(error);
  if (!/bad_alloc|failed to allocate|allocation failed|invalid typed array length/i.test(text))
    return error;
  return new TributaryError(
    "MODEL_UNSUPPORTED",
    "There is no memory for the model and its batches",
    {
      remedy: MEMORY_REMEDY,
      cause: error,
    },
  );
}
