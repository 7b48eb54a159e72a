import type { Clock, TributaryError } from "@tributary/protocol";
import { LinkedAbort } from "./abort.ts";
import { sleep } from "./sleep.ts";

/** How long some work may take. */
export interface TimeLimit {
  readonly clock: Clock;
  /** Infinity for no limit. */
  readonly seconds: number;
  /** Stops the work for another reason. */
  readonly signal: AbortSignal;
  /** Makes the error of work that took too long. */
  readonly exceeded: () => TributaryError;
}

/**
 * Does some work, and stops it when it takes too long.
 * @param work - Ends soon after its signal is aborted.
 * @throws TributaryError what `exceeded` makes; what the work throws.
 */
export async function withinSeconds<T>(
  { clock, seconds, signal, exceeded }: TimeLimit,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (seconds === Infinity) return work(signal);
  const stop = new LinkedAbort(signal);
  const over = new LinkedAbort(signal);
  let isOver = false;
  sleep(clock, 1_000 * seconds, over.signal).then(
    () => {
      isOver = true;
      stop.abort();
    },
    () => {},
  );
  try {
    return await work(stop.signal);
  } catch (error) {
    throw isOver ? exceeded() : error;
  } finally {
    over.abort();
    stop.unlink();
  }
}
