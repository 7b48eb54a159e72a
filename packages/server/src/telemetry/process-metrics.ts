import { monitorEventLoopDelay } from "node:perf_hooks";
import { collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { Clock } from "@tributary/protocol";
import { DELAY_RESOLUTION_MS, EventLoopDelay } from "./event-loop-delay.ts";

const QUANTILES = [0.5, 0.9, 0.99, 1] as const;

let standard: Registry | undefined;

/**
 * The `process_*` and `nodejs_*` metrics under the names that all programs for Node use. There is
 * one process, whatever number of servers it runs, and prom-client's collectors cannot be stopped:
 * so they are made once. Those of the event loop's lag are left out, because whoever reads them
 * resets them for all others.
 */
export function standardMetrics(): Registry {
  if (standard === undefined) {
    standard = new Registry();
    collectDefaultMetrics({ register: standard });
    for (const { name } of standard.getMetricsAsArray()) {
      if (name.startsWith("nodejs_eventloop_lag_")) standard.removeSingleMetric(name);
    }
  }
  return standard;
}

/**
 * Adds how late the event loop is, and which build runs.
 * @returns Stops the measurements; idempotent.
 */
export function processMetrics(
  registry: Registry,
  { clock, version }: { readonly clock: Clock; readonly version: string },
): () => void {
  const registers = [registry];
  const delay = new EventLoopDelay(clock, () =>
    monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS }),
  );
  new Gauge({
    name: "tributary_event_loop_delay_seconds",
    help: "How late the event loop was in the last 30 to 60 seconds; quantile 1 is the worst.",
    labelNames: ["quantile"],
    registers,
    collect() {
      for (const quantile of QUANTILES) {
        this.set({ quantile: String(quantile) }, delay.quantile(quantile));
      }
    },
  });
  new Gauge({
    name: "tributary_build_info",
    help: "Always 1; the labels tell the versions of the server and of Node.",
    labelNames: ["version", "node"],
    registers,
  }).set({ version, node: process.versions.node }, 1);
  return () => delay.close();
}
