import {
  PROTOCOL_VERSIONS,
  TributaryError,
  builtinModelNames,
  taskJsonSchema,
  updateCodecNames,
} from "@tributary/protocol";
import type { AdminDeps } from "./admin-deps.ts";
import {
  healthSchema,
  jsonObjectSchema,
  readinessSchema,
  serverInfoSchema,
} from "./admin-schemas.ts";
import { jsonRoute, rawRoute, type Route } from "./route.ts";

/**
 * Routes about the server itself: probes, metrics, version, address, and the schema of task files.
 */
export function serverRoutes(
  deps: Pick<AdminDeps, "coordinator" | "storeHealth" | "metrics" | "info">,
): readonly Route[] {
  return [
    jsonRoute({
      method: "get",
      path: "/healthz",
      operation: "getHealth",
      summary: "Tells whether the process is alive.",
      open: true,
      answer: { description: "The process is alive.", schema: healthSchema },
      handle: async () => ({ json: { status: "alive" as const } }),
    }),
    jsonRoute({
      method: "get",
      path: "/readyz",
      operation: "getReadiness",
      summary:
        "Tells whether the server can work: whether its store answers and can be written to, " +
        "and whether at least one of its running tasks gets on.",
      open: true,
      answer: { description: "The server can work.", schema: readinessSchema },
      errors: ["STORAGE_UNAVAILABLE"],
      async handle() {
        await deps.storeHealth.check();
        const { gettingOn, stuck } = deps.coordinator.taskCounts;
        if (stuck > 0 && gettingOn === 0) throw nothingRuns(stuck);
        const status = stuck === 0 ? ("ready" as const) : ("degraded" as const);
        return { json: { status, stuckTasks: stuck } };
      },
    }),
    rawRoute({
      method: "get",
      path: "/metrics",
      operation: "getMetrics",
      summary: "Returns the metrics in Prometheus's text format.",
      answer: { description: "One sample in each line.", contentType: "text/plain" },
      handle: async () => ({
        contentType: deps.metrics.contentType,
        content: () => deps.metrics.render(),
      }),
    }),
    jsonRoute({
      method: "get",
      path: "/v1/info",
      operation: "getInfo",
      summary:
        "Returns the server's version, the URL that clients connect to and the key that they pin.",
      answer: { description: "The server.", schema: serverInfoSchema },
      handle: async () => ({
        json: {
          ...deps.info(),
          protocolVersions: { ...PROTOCOL_VERSIONS },
          builtinModels: [...builtinModelNames],
          updateCodecs: [...updateCodecNames],
        },
      }),
    }),
    jsonRoute({
      method: "get",
      path: "/v1/task-schema.json",
      operation: "getTaskSchema",
      summary: "Returns the JSON Schema of a task file.",
      answer: {
        description: "JSON Schema 2020-12.",
        contentType: "application/schema+json",
        schema: jsonObjectSchema,
      },
      handle: async () => ({ json: { ...taskJsonSchema() } }),
    }),
  ];
}

/** The error when tasks are to run and none of them gets on. */
function nothingRuns(stuckTasks: number): TributaryError {
  return new TributaryError("STORAGE_UNAVAILABLE", "None of the running tasks gets on", {
    remedy: "`tributary task list` says why.",
    context: { check: "tasks", stuckTasks },
  });
}
