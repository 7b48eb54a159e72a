import type { ErrorRequestHandler } from "express";
import type { z } from "zod";
import { TributaryError, isTributaryError, toPlain } from "@tributary/protocol";
import type { Logger } from "../runtime/logger.ts";
import type { errorSchema } from "./admin-schemas.ts";
import { statusOf } from "./error-status.ts";

/** The body of an error's answer. */
export function errorBody(error: TributaryError): z.output<typeof errorSchema> {
  // Neither the stack nor the cause: they are for the log.
  const { code, message, remedy, context = {} } = toPlain(error);
  return { error: { code, message, ...(remedy === undefined ? {} : { remedy }), context } };
}

/** Answers every request that fails. */
export function errorAnswer(logger: Logger): ErrorRequestHandler {
  // Express knows an error handler by its four parameters.
  return (thrown: unknown, request, response, next) => {
    const error = presentable(thrown);
    const status = statusOf(error.code);
    if (status === 500) {
      logger.error("admin request failed", {
        error: thrown,
        method: request.method,
        path: request.path,
      });
    }
    if (response.headersSent) {
      // A part of the answer has been sent. Cutting the connection shows the client that it is not
      // complete.
      next(thrown);
      return;
    }
    if (error.code === "ADMIN_UNAUTHORIZED") {
      response.set("www-authenticate", 'Bearer realm="tributary"');
    }
    if (error.retryAfterMs !== undefined) {
      response.set("retry-after", String(Math.ceil(error.retryAfterMs / 1_000)));
    }
    response.removeHeader("etag");
    response.set("cache-control", "no-store");
    response
      .status(status)
      .type("application/json")
      .send(JSON.stringify(errorBody(error)));
  };
}

/**
 * The error that a client gets to read. It reveals nothing of an error that was not written for
 * people.
 */
function presentable(thrown: unknown): TributaryError {
  if (isTributaryError(thrown) && thrown.code !== "INTERNAL") return thrown;
  if (thrown instanceof URIError) {
    return new TributaryError("BAD_PARAMETER", "The request's path is not valid percent-encoding", {
      remedy: "Encode the path as UTF-8.",
    });
  }
  return new TributaryError("INTERNAL", "The server met an unexpected error", {
    remedy: "Look into the server's log.",
  });
}
