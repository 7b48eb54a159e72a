import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { RoundId } from "@tributary/protocol";
import type { RoundRecord } from "../storage/round-store.ts";
import { readGauge } from "./gauge.ts";
import type { ServerEvent } from "./server-event.ts";

/** Buckets of a phase's duration. A commit takes milliseconds, and training takes minutes. */
const PHASE_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800];
/** Buckets of a round's duration, for demos on one machine as well as for phones at night. */
const ROUND_SECONDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600];

/** Adds the metrics of rounds. Returns what counts an event. */
export function roundMetrics(registry: Registry): (event: ServerEvent) => void {
  const registers = [registry];
  const ended = new Counter({
    name: "tributary_rounds_total",
    help:
      "Rounds that have ended after a cohort was selected, " +
      "by kind, by outcome and, when abandoned, by reason.",
    labelNames: ["task", "kind", "outcome", "reason"],
    registers,
  });
  const roundSeconds = new Histogram({
    name: "tributary_round_duration_seconds",
    help: "Seconds from the opening of a round to its end.",
    labelNames: ["kind", "outcome"],
    buckets: ROUND_SECONDS,
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
  readGauge(
    registry,
    "tributary_rounds_running",
    "Rounds with a cohort at work.",
    () => running.size,
  );
  for (const direction of ["up", "down"]) bytes.inc({ direction }, 0);
  const measure = modelMetrics(registry);

  return (event) => {
    switch (event.type) {
      case "round-started":
        running.add(event.roundId);
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
        const durationMs = Math.max(0, round.endedAtMs - round.startedAtMs);
        roundSeconds.observe({ kind, outcome }, durationMs / 1_000);
        bytes.inc({ direction: "up" }, round.bytesUp);
        bytes.inc({ direction: "down" }, round.bytesDown);
        if (outcome !== "committed") return;
        if (kind === "training") examples.inc(round.exampleCount);
        measure(round);
        return;
      }
      default:
    }
  };
}

/** Adds what rounds say about the model. Returns what takes a committed round. */
function modelMetrics(registry: Registry): (round: RoundRecord) => void {
  const registers = [registry];
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
  return ({ taskId: task, kind, metrics }) => {
    for (const [metric, value] of Object.entries(metrics)) {
      if (kind === "training") trainingMetric.set({ task, metric }, value);
      else evaluationMetric.set({ task, kind, metric }, value);
    }
  };
}
