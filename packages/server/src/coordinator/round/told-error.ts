import { ERROR_CODES, asTributaryError, type ErrorCode, type SessionId } from "@tributary/protocol";
import type { Logger } from "../../runtime/logger.ts";

/** After a fault of the server's own, a client should come back when it may have passed. */
export const FAULT_RETRY_MS = 5_000;

/** What a client is told of an error. */
export interface ToldError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryAfterMs: number;
}

/**
 * What a client is told of an error. Of an error inside the server, such as one of the store, the
 * client learns only that something went wrong; the log gets the rest.
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
