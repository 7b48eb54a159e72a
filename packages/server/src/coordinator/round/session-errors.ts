import { TributaryError } from "@tributary/protocol";

/**
 * The error for a report that arrives after its round has closed.
 * @param retryAfterMs - When the client should check in again.
 */
export function roundClosed(retryAfterMs: number): TributaryError {
  return new TributaryError("ROUND_CLOSED", "The round no longer takes reports", {
    remedy: "Check in again for the next round.",
    retryAfterMs,
  });
}

/**
 * The error for a message that a client may not send in its present state. The session closes.
 * @param what - The message or frame, such as "a report chunk".
 */
export function unexpected(what: string): TributaryError {
  return new TributaryError("UNEXPECTED_MESSAGE", `The session did not expect ${what} now`, {
    remedy: "Follow the order of docs/protocol.md §4.",
  });
}
