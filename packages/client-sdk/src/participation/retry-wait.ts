import type { Backoff } from "../session/backoff.ts";

/** The longest wait that a server may ask for: its clock may be wrong, but not by days. */
export const LONGEST_WAIT_MS: number = 24 * 60 * 60 * 1000;

/**
 * How long to wait before the next check-in: as long as the server asks, or as long as `retry` says
 * when the server asks for nothing. It is never a fixed short time, because many clients that come
 * back at once would flood the server.
 * @param askedMs - The wait that the server asks for, milliseconds; 0 for none.
 */
export function retryWaitMs(askedMs: number, retry: Backoff): number {
  return askedMs > 0 ? Math.min(askedMs, LONGEST_WAIT_MS) : retry.nextMs();
}
