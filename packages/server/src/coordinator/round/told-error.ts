import { ERROR_CODES, asTributaryError, type ErrorCode, type SessionId } from "@tributary/protocol";
import type { Logger } from "../../runtime/logger.ts";

/** Milliseconds after which a client should come back after a fault of the server's own. */
export const FAULT_RETRY_MS = 5_000;

/** The part of an error that a client is told. */
export interface ToldError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryAfterMs: number;
}

/**
 * Returns what a client is told of an error. Of an error inside the server, such as one of the
 * store, the client is only told that something went wrong. The details go to the log.
 */
export function toldError(thrown: unknown, logger: Logger, session: SessionId): ToldError {
  const error = asTributaryError(thrown);
  const { code, message, retryAfterMs = 0 } = error;
  if (code !== "INTERNAL" && ERROR_CODES[code].wire !== null) {
    return { code, message, retryAfterMs };
  }
  logger.error("session met a fault", { error, session });
  return {
    code: "INTERNAL",
    message: "The server could not do this now",
    retryAfterMs: retryAfterMs === 0 ? FAULT_RETRY_MS : retryAfterMs,
  };
}
