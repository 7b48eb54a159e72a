import {
  PROTOCOL_VERSIONS,
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

/** The server itself: probes, metrics, what it is and speaks. */
export function serverRoutes(
  deps: Pick<AdminDeps, "store" | "metrics" | "info">,
): readonly Route[] {
  return [
    jsonRoute({
      method: "get",
      path: "/healthz",
      operation: "getHealth",
      summary: "Whether the process lives.",
      open: true,
      answer: { description: "It does.", schema: healthSchema },
      handle: async () => ({ json: { status: "alive" as const } }),
    }),
    jsonRoute({
      method: "get",
      path: "/readyz",
      operation: "getReadiness",
      summary: "Whether the server can work: its store answers.",
      open: true,
      answer: { description: "It can.", schema: readinessSchema },
      errors: ["STORAGE_UNAVAILABLE"],
      async handle() {
        await deps.store.ping();
        return { json: { status: "ready" as const } };
      },
    }),
    rawRoute({
      method: "get",
      path: "/metrics",
      operation: "getMetrics",
      summary: "Metrics in Prometheus's text format.",
      answer: { description: "One sample a line.", contentType: "text/plain" },
      handle: async () => ({
        contentType: deps.metrics.contentType,
        content: () => deps.metrics.render(),
      }),
    }),
    jsonRoute({
      method: "get",
      path: "/v1/info",
      operation: "getInfo",
      summary: "What this server is, where clients connect and which key they pin.",
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
      summary: "JSON Schema of a task file.",
      answer: {
        description: "JSON Schema 2020-12.",
        contentType: "application/schema+json",
        schema: jsonObjectSchema,
      },
      handle: async () => ({ json: { ...taskJsonSchema() } }),
    }),
  ];
}
