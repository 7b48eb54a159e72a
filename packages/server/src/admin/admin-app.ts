/**
 * The admin API, with which an operator steers a server over HTTP.
 *
 * ```ts
 * const app = createAdminApp(deps);
 * createServer(app).listen(8081, "127.0.0.1");
 * ```
 */
import express, { type Express, type RequestHandler } from "express";
import { TributaryError, asTributaryError, type ErrorCode } from "@tributary/protocol";
import type { Logger } from "../runtime/logger.ts";
import { AdminAccess, protect } from "./access.ts";
import type { AdminDeps } from "./admin-deps.ts";
import { errorAnswer } from "./error-answer.ts";
import { requireLoopback } from "./loopback-only.ts";
import type { Route } from "./route.ts";
import { adminRoutes } from "./routes.ts";

/**
 * Makes the Express app of the admin API.
 * @throws TributaryError `CONFIG_INVALID` for an empty token.
 */
export function createAdminApp(deps: AdminDeps): Express {
  const { token, logger } = deps;
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.enable("case sensitive routing");
  app.enable("strict routing");
  app.set("query parser", "simple");
  app.use(protect, logOrders(logger));
  if (token === undefined) app.use(requireLoopback);

  const access = new AdminAccess({ ...deps, store: deps.access, rootToken: token });
  const known: RequestHandler = async (request, _response, next) => {
    await access.identify(request);
    next();
  };
  const routes = adminRoutes(deps);
  for (const path of new Set(routes.map((route) => route.path))) {
    const here = routes.filter((route) => route.path === path);
    const at = app.route(path.replaceAll(/\{(\w+)\}/g, ":$1"));
    for (const route of here) at[route.method](handlerOf(route, access, deps));
    // What is open to everyone has no secret methods either.
    if (here.some((route) => !route.open)) at.all(known);
    at.all(refuseMethod(here));
  }
  app.use(known, refuseRoute);
  app.use(errorAnswer(logger));
  return app;
}

/**
 * Makes the handler of a route. It checks the request's token and role, lets the route answer, and
 * writes every change into the audit table, also one that was refused.
 */
function handlerOf(route: Route, access: AdminAccess, deps: AdminDeps): RequestHandler {
  const done = async (): Promise<void> => {};
  if (route.open) return (request, response) => route.respond(request, response, done);
  return async (request, response) => {
    const actor = await access.identify(request);
    if (route.method === "get") {
      access.permit(actor, route.role);
      await route.respond(request, response, done);
      return;
    }
    const record = async (note: string, error: ErrorCode | null): Promise<void> => {
      const made = response.getHeader("location");
      await deps.access.addAudit({
        atMs: deps.clock.now(),
        actor: actor.name,
        operation: route.operation,
        target: (typeof made === "string" ? made : request.path).slice(0, MAX_TARGET),
        note,
        error,
      });
    };
    let isDone = false;
    try {
      access.permit(actor, route.role);
      await route.respond(request, response, (note) => {
        isDone = true;
        return record(note, null);
      });
    } catch (error) {
      if (!isDone) await record("", asTributaryError(error).code);
      throw error;
    }
  };
}

/** Number of characters of a path that the audit table keeps. No path of this API is longer. */
const MAX_TARGET = 400;

/** Logs every request that may change something. */
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

/** Makes the handler for a path that exists and a method that it does not take. */
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
      remedy: "GET /openapi.json lists all routes.",
    },
  );
};
