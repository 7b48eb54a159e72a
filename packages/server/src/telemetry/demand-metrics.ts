import { Gauge, type Registry } from "prom-client";
import type { TaskId } from "@tributary/protocol";

/** What tasks want of clients, and who is there. Both are asked for when the metrics are read. */
export interface Demand {
  /** The number of clients that wait, by population. Only populations that have a task. */
  readonly waitingClients: () => ReadonlyMap<string, number>;
  /** For each round in flight, how many clients it still waits for. */
  readonly roundsInFlight: () => Iterable<{ readonly taskId: TaskId; readonly missing: number }>;
}

/** Adds the metrics that tell a round that stalls from one that goes on. */
export function demandMetrics(registry: Registry, demand: Demand): void {
  const registers = [registry];
  new Gauge({
    name: "tributary_waiting_clients",
    help: "Clients that have checked in and wait for a round, by population.",
    labelNames: ["population"],
    registers,
    collect() {
      for (const [population, count] of demand.waitingClients()) this.set({ population }, count);
    },
  });
  new Gauge({
    name: "tributary_missing_clients",
    help: "Clients that the round of a task in flight still waits for: to be gathered, then to report.",
    labelNames: ["task"],
    registers,
    collect() {
      this.reset();
      for (const { taskId: task, missing } of demand.roundsInFlight()) this.set({ task }, missing);
    },
  });
}
