import { Registry } from "prom-client";
import type { Clock } from "@tributary/protocol";
import { readGauge } from "./gauge.ts";
import { connectionMetrics } from "./connection-metrics.ts";
import { demandMetrics, type Demand } from "./demand-metrics.ts";
import { memberMetrics } from "./member-metrics.ts";
import { processMetrics, standardMetrics } from "./process-metrics.ts";
import { roundMetrics } from "./round-metrics.ts";
import type { ServerEvent } from "./server-event.ts";
import type { StoreHealth } from "./store-health.ts";
import { storeMetrics } from "./store-metrics.ts";
import { taskMetrics } from "./task-metrics.ts";

/** The metrics of a server, for a monitoring system. */
export interface Metrics {
  /** Counts an event of the server. */
  readonly observe: (event: ServerEvent) => void;
  /** Content type of `render`. */
  readonly contentType: string;
  /** All metrics as text. */
  render(): Promise<string>;
  /** Stops the measurements that run in the background; idempotent. */
  close(): Promise<void>;
}

/** What is measured by asking, and not by counting events. */
export interface MetricsDeps extends Demand {
  readonly clock: Clock;
  /** The version of the server. */
  readonly version: string;
  /** Returns the number of clients that are connected now. */
  readonly connections: () => number;
  readonly storeHealth: StoreHealth;
  /** Returns when the gateway's certificate expires, in milliseconds since 1970; plain ws has none. */
  readonly certificateExpiryMs?: () => number | undefined;
}

/**
 * Makes metrics in Prometheus's text format. They have a registry of their own, because one process
 * may run several servers. docs/admin-api.md lists all metrics, and a test compares it with what is
 * rendered.
 */
export function createMetrics(deps: MetricsDeps): Metrics {
  const registry = new Registry();
  const observers = [
    taskMetrics(registry),
    roundMetrics(registry),
    memberMetrics(registry),
    connectionMetrics(registry, deps.connections),
  ];
  demandMetrics(registry, deps);
  storeMetrics(registry, deps.storeHealth);
  readGauge(
    registry,
    "tributary_tls_certificate_expiry_timestamp_seconds",
    "When the gateway's certificate expires, in seconds since 1970; NaN without TLS.",
    () => (deps.certificateExpiryMs?.() ?? Number.NaN) / 1_000,
  );
  const stopMeasuring = processMetrics(registry, deps);
  const all = Registry.merge([registry, standardMetrics()]);
  return {
    observe(event) {
      for (const observe of observers) observe(event);
    },
    contentType: all.contentType,
    render: () => all.metrics(),
    close: async () => stopMeasuring(),
  };
}
