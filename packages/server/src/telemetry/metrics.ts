import { monitorEventLoopDelay } from "node:perf_hooks";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { RoundId } from "@tributary/protocol";
import { makesCheckpoint } from "@tributary/core";
import type { ServerEvent } from "./server-event.ts";

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

/** Milliseconds between two measurements of how late the event loop is. */
const DELAY_RESOLUTION_MS = 10;
/** Nanoseconds in a second. */
const NANOSECONDS = 1e9;
const QUANTILES = [0.5, 0.9, 0.99, 1] as const;
/** Buckets of a phase's duration. A commit takes milliseconds, and training takes minutes. */
const PHASE_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800];
/** Buckets of a round's duration, for demos on one machine as well as for phones at night. */
const ROUND_SECONDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600];

/**
 * Makes metrics in Prometheus's text format. They have a registry of their own, because one process
 * may run several servers. docs/admin-api.md lists all metrics, and a test compares it with this
 * file.
 * @param deps.connections - Returns the number of clients that are connected now.
 */
export function createMetrics(deps: { readonly connections: () => number }): Metrics {
  const registry = new Registry();
  const observeRounds = roundMetrics(registry);
  const observeConnections = connectionMetrics(registry);
  gauge(registry, "tributary_connections", "Clients connected now.", deps.connections);
  const stopProcessMetrics = processMetrics(registry);
  return {
    observe(event) {
      observeRounds(event);
      observeConnections(event);
    },
    contentType: registry.contentType,
    render: () => registry.metrics(),
    close: async () => stopProcessMetrics(),
  };
}

/** Adds the metrics of connections and requests. Returns what counts an event. */
function connectionMetrics(registry: Registry): Metrics["observe"] {
  const sessionFailures = new Counter({
    name: "tributary_session_failures_total",
    help: "Client sessions that ended with an error, by error code.",
    labelNames: ["code"],
    registers: [registry],
  });
  const connectionsCut = new Counter({
    name: "tributary_connections_cut_total",
    help: "Connections that the gateway refused or cut by itself, by reason.",
    labelNames: ["reason"],
    registers: [registry],
  });
  const limited = new Counter({
    name: "tributary_requests_rate_limited_total",
    help:
      "Requests refused because requests came too fast, by whose allowance was used up: " +
      "the session's, the address's or the device's.",
    labelNames: ["share"],
    registers: [registry],
  });
  return (event) => {
    switch (event.type) {
      case "session-failed":
        sessionFailures.inc({ code: event.code });
        return;
      case "connection-cut":
        connectionsCut.inc({ reason: event.reason });
        return;
      case "request-limited":
        limited.inc({ share: event.share });
        return;
      default:
    }
  };
}

/** Adds the metrics of tasks and rounds. Returns what counts an event. */
function roundMetrics(registry: Registry): Metrics["observe"] {
  const registers = [registry];
  const taskStates = new Counter({
    name: "tributary_task_changes_total",
    help: "Changes of a task's state, by the new state.",
    labelNames: ["state"],
    registers,
  });
  const ended = new Counter({
    name: "tributary_rounds_total",
    help:
      "Rounds that have ended after a cohort was selected, " +
      "by kind, by outcome and, when abandoned, by reason.",
    labelNames: ["task", "kind", "outcome", "reason"],
    registers,
  });
  const roundNumber = new Gauge({
    name: "tributary_round_number",
    help: "Number of a task's newest committed round.",
    labelNames: ["task"],
    registers,
  });
  const roundSeconds = new Histogram({
    name: "tributary_round_duration_seconds",
    help: "Seconds from the opening of a round to its end.",
    labelNames: ["kind", "outcome"],
    buckets: ROUND_SECONDS,
    registers,
  });
  const trainingMetric = new Gauge({
    name: "tributary_training_metric",
    help:
      "Mean of a training metric over the examples of a task's newest committed round, " +
      "in the metric's own unit.",
    labelNames: ["task", "metric"],
    registers,
  });
  const evaluationMetric = new Gauge({
    name: "tributary_evaluation_metric",
    help:
      "Mean of a metric over the held-out examples of a task's newest evaluation, " +
      "by who measured it, in the metric's own unit.",
    labelNames: ["task", "kind", "metric"],
    registers,
  });
  const selected = new Counter({
    name: "tributary_clients_selected_total",
    help: "Clients selected into cohorts.",
    registers,
  });
  const accepted = new Counter({
    name: "tributary_reports_accepted_total",
    help: "Reports added to an aggregate.",
    registers,
  });
  const refused = new Counter({
    name: "tributary_reports_refused_total",
    help: "Reports refused, by error code.",
    labelNames: ["code"],
    registers,
  });
  const lost = new Counter({
    name: "tributary_members_lost_total",
    help:
      "Members of cohorts that sent no report: withdrew, by the error code that they gave; " +
      "left or unfinished, by the stage that they had reached.",
    labelNames: ["how", "reason"],
    registers,
  });
  const rejected = new Counter({
    name: "tributary_check_ins_rejected_total",
    help: "Check-ins answered with a time to come back, by error code.",
    labelNames: ["code"],
    registers,
  });
  const phaseSeconds = new Histogram({
    name: "tributary_round_phase_duration_seconds",
    help: "Seconds that rounds spent in each phase.",
    labelNames: ["phase"],
    buckets: PHASE_SECONDS,
    registers,
  });
  const examples = new Counter({
    name: "tributary_examples_total",
    help: "Examples that the reports of committed training rounds were made from.",
    registers,
  });
  const bytes = new Counter({
    name: "tributary_round_bytes_total",
    help: "Bytes sent between cohorts and the server in ended rounds; up is towards the server.",
    labelNames: ["direction"],
    registers,
  });
  const running = new Set<RoundId>();
  gauge(registry, "tributary_rounds_running", "Rounds with a cohort at work.", () => running.size);
  for (const direction of ["up", "down"]) bytes.inc({ direction }, 0);

  return (event) => {
    switch (event.type) {
      case "task-state":
        taskStates.inc({ state: event.state });
        return;
      case "round-opened":
        return;
      case "round-started":
        running.add(event.roundId);
        selected.inc(event.cohort);
        return;
      case "report-accepted":
        accepted.inc();
        return;
      case "report-refused":
        refused.inc({ code: event.error.code });
        return;
      case "member-withdrew":
        lost.inc({ how: "withdrew", reason: event.code });
        return;
      case "member-left":
        lost.inc({ how: "left", reason: event.stage });
        return;
      case "check-in-rejected":
        rejected.inc({ code: event.code });
        return;
      case "phase-ended":
        phaseSeconds.observe({ phase: event.phase }, Math.max(0, event.durationMs) / 1_000);
        return;
      case "round-ended": {
        const { round } = event;
        const { taskId: task, kind, outcome } = round;
        running.delete(round.id);
        const reason = outcome === "abandoned" ? (round.reason ?? "") : "";
        ended.inc({ task, kind, outcome, reason });
        roundSeconds.observe(
          { kind, outcome },
          Math.max(0, round.endedAtMs - round.startedAtMs) / 1_000,
        );
        for (const [reason, count] of Object.entries(round.fates.unfinished)) {
          lost.inc({ how: "unfinished", reason }, count);
        }
        bytes.inc({ direction: "up" }, round.bytesUp);
        bytes.inc({ direction: "down" }, round.bytesDown);
        if (outcome !== "committed") return;
        if (makesCheckpoint(kind)) roundNumber.set({ task }, round.number);
        if (kind === "training") examples.inc(round.exampleCount);
        for (const [metric, value] of Object.entries(round.metrics)) {
          if (kind === "training") trainingMetric.set({ task, metric }, value);
          else evaluationMetric.set({ task, kind, metric }, value);
        }
        return;
      }
      default:
    }
  };
}

/**
 * Adds the metrics of the process: lateness of the event loop, memory and processor time.
 * @returns A function that stops the measurements.
 */
function processMetrics(registry: Registry): () => void {
  const delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  delay.enable();
  new Gauge({
    name: "tributary_event_loop_delay_seconds",
    help: "How late the event loop was since the metrics were last read; quantile 1 is the worst.",
    labelNames: ["quantile"],
    registers: [registry],
    collect() {
      for (const quantile of QUANTILES) {
        // Node records the whole interval between two measurements. The part of it that was
        // planned, which is the resolution, is no delay.
        const interval = delay.count === 0 ? 0 : delay.percentile(100 * quantile);
        const late = Math.max(0, interval / NANOSECONDS - DELAY_RESOLUTION_MS / 1_000);
        this.set({ quantile: String(quantile) }, late);
      }
      delay.reset();
    },
  });
  gauge(
    registry,
    "tributary_process_resident_memory_bytes",
    "Resident memory of the process.",
    () => process.memoryUsage.rss(),
  );
  const cpu = new Counter({
    name: "tributary_process_cpu_seconds_total",
    help: "Processor time of the process, user and system.",
    registers: [registry],
    collect() {
      const { user, system } = process.cpuUsage();
      cpu.reset();
      cpu.inc((user + system) / 1e6);
    },
  });
  return () => {
    delay.disable();
  };
}

/** Adds a gauge whose value is read whenever the metrics are read. */
function gauge(registry: Registry, name: string, help: string, read: () => number): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}
