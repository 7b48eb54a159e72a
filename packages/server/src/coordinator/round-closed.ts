import { TributaryError } from "@tributary/protocol";

/** What a report hears that comes too late, whoever notices. */
export function roundClosed(retryAfterMs: number): TributaryError {
  return new TributaryError("ROUND_CLOSED", "The round no longer takes reports", {
    remedy: "Check in again for the next round.",
    retryAfterMs,
  });
}
