import {
  ERROR_CODES,
  asTributaryError,
  drawUniform,
  type ErrorCode,
  type RandomSource,
  type SessionId,
} from "@tributary/protocol";
import type { Logger } from "../../runtime/logger.ts";

/** The least time after which a client comes back after a fault of the server's own. */
const FAULT_RETRY_MS = 5_000;
/**
 * Up to this much is added to it, by chance. Whatever has failed meets all its clients again, and
 * most of all when it has just come back.
 */
const FAULT_SPREAD_MS = 25_000;

/** The part of an error that a client is told. */
export interface ToldError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryAfterMs: number;
}

/**
 * Returns what a client is told of an error. Of an error inside the server the client is only told
 * that something went wrong, or that the store is away. The details go to the log.
 */
export function toldError(
  thrown: unknown,
  { logger, random }: { readonly logger: Logger; readonly random: RandomSource },
  session: SessionId,
): ToldError {
  const error = asTributaryError(thrown);
  const { code, message, retryAfterMs = 0 } = error;
  const again = (): number =>
    retryAfterMs > 0
      ? retryAfterMs
      : FAULT_RETRY_MS + Math.floor(drawUniform(random) * FAULT_SPREAD_MS);
  if (code === "STORAGE_UNAVAILABLE") {
    logger.warn("store failed a session", { error, session });
    return { code, message: "The server's store is not available now", retryAfterMs: again() };
  }
  if (code !== "INTERNAL" && ERROR_CODES[code].wire !== null) {
    return { code, message, retryAfterMs };
  }
  logger.error("session met a fault", { error, session });
  return {
    code: "INTERNAL",
    message: "The server could not do this now",
    retryAfterMs: again(),
  };
}
