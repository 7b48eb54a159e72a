import { Counter, type Registry } from "prom-client";
import { readGauge } from "./gauge.ts";
import type { ServerEvent } from "./server-event.ts";

/**
 * Adds the metrics of connections and requests.
 * @param connections - Returns the number of clients that are connected now.
 * @returns What counts an event.
 */
export function connectionMetrics(
  registry: Registry,
  connections: () => number,
): (event: ServerEvent) => void {
  const registers = [registry];
  const sessionFailures = new Counter({
    name: "tributary_session_failures_total",
    help: "Client sessions that ended with an error, by error code.",
    labelNames: ["code"],
    registers,
  });
  const connectionsCut = new Counter({
    name: "tributary_connections_cut_total",
    help: "Connections that the gateway refused or cut by itself, by reason.",
    labelNames: ["reason"],
    registers,
  });
  const limited = new Counter({
    name: "tributary_requests_rate_limited_total",
    help:
      "Requests refused because requests came too fast, by whose allowance was used up: " +
      "the session's, the address's or the device's.",
    labelNames: ["share"],
    registers,
  });
  const adminTokensRefused = new Counter({
    name: "tributary_admin_tokens_refused_total",
    help:
      "Requests to the admin API that were refused because of their token: " +
      "wrong, or not looked at because too many wrong ones came from the address.",
    labelNames: ["reason"],
    registers,
  });
  readGauge(registry, "tributary_connections", "Clients connected now.", connections);
  return (event) => {
    switch (event.type) {
      case "session-failed":
        sessionFailures.inc({ code: event.code });
        return;
      case "connection-cut":
        connectionsCut.inc({ reason: event.reason });
        return;
      case "admin-token-refused":
        adminTokensRefused.inc({ reason: event.reason });
        return;
      case "request-limited":
        limited.inc({ share: event.share });
        return;
      default:
    }
  };
}
