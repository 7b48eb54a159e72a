/**
 * The operator's HTTP API.
 *
 * ```ts
 * const app = createAdminApp({ coordinator, store, checkpoints, metrics, token, info, logger, crypto, random, limits });
 * createServer(app).listen(8081, "127.0.0.1");
 * ```
 */
import express, { type Express, type RequestHandler } from "express";
import { TributaryError } from "@tributary/protocol";
import type { Logger } from "../telemetry/logger.ts";
import { protect, requireLoopback, requireToken } from "./access.ts";
import type { AdminDeps } from "./admin-deps.ts";
import { errorAnswer } from "./error-answer.ts";
import type { Route } from "./route.ts";
import { adminRoutes } from "./routes.ts";

/** @throws TributaryError `CONFIG_INVALID` for an empty token. */
export function createAdminApp(deps: AdminDeps): Express {
  const { token, crypto, logger } = deps;
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.enable("case sensitive routing");
  app.enable("strict routing");
  app.set("query parser", "simple");
  app.use(protect, logOrders(logger));
  if (token === undefined) app.use(requireLoopback);

  const operatorOnly: readonly RequestHandler[] =
    token === undefined ? [] : [requireToken(token, crypto)];
  const routes = adminRoutes(deps);
  for (const path of new Set(routes.map((route) => route.path))) {
    const here = routes.filter((route) => route.path === path);
    const at = app.route(path.replaceAll(/\{(\w+)\}/g, ":$1"));
    for (const route of here) {
      at[route.method](...(route.open ? [] : operatorOnly), (request, response) =>
        route.respond(request, response),
      );
    }
    at.all(...operatorOnly, refuseMethod(here));
  }
  app.use(...operatorOnly, refuseRoute);
  app.use(errorAnswer(logger));
  return app;
}

/** Whatever changes something leaves a line in the log. */
function logOrders(logger: Logger): RequestHandler {
  return (request, response, next) => {
    if (request.method !== "GET" && request.method !== "HEAD") {
      const { method, path } = request;
      response.once("finish", () =>
        logger.info("admin request", { method, path, status: response.statusCode }),
      );
    }
    next();
  };
}

function refuseMethod(routes: readonly Route[]): RequestHandler {
  const allowed = routes.map((route) => route.method.toUpperCase());
  return (request, response) => {
    response.set("allow", allowed.join(", "));
    throw new TributaryError(
      "ADMIN_METHOD_UNKNOWN",
      `${request.path} does not take ${request.method}`,
      {
        remedy: `Use ${allowed.join(" or ")}.`,
        context: { method: request.method },
      },
    );
  };
}

const refuseRoute: RequestHandler = (request) => {
  throw new TributaryError(
    "ADMIN_ROUTE_UNKNOWN",
    `There is nothing at ${request.path.slice(0, 120)}`,
    {
      remedy: "GET /openapi.json names what there is.",
    },
  );
};
