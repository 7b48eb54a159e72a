import { onTestFinished, describe, expect, it } from "vitest";
import { TributaryError, type CheckpointId, type RoundId, type TaskId } from "@tributary/protocol";
import { ManualClock } from "@tributary/protocol/testing";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { openMemoryStore } from "../src/storage/memory.ts";
import type { RoundRecord } from "../src/storage/round-store.ts";
import { StoreHealth } from "../src/telemetry/store-health.ts";
import { createMetrics, type Metrics, type MetricsDeps } from "../src/telemetry/metrics.ts";

const ROUND: RoundRecord = {
  id: "rnd_01" as RoundId,
  taskId: "task_01" as TaskId,
  kind: "training",
  number: 4,
  outcome: "committed",
  startedAtMs: 1_000,
  endedAtMs: 3_500,
  attempts: 1,
  roundTimeMs: 100,
  baseCheckpoint: "0".repeat(64) as CheckpointId,
  checkpoint: "1".repeat(64) as CheckpointId,
  reason: null,
  selected: 3,
  reported: 2,
  rejected: 1,
  droppedOut: 0,
  fates: {
    reported: 2,
    refused: { UPDATE_NOT_FINITE: 1 },
    withdrew: {},
    left: {},
    unfinished: {},
  },
  exampleCount: 120,
  bytesUp: 2_000,
  bytesDown: 9_000,
  metrics: { loss: 0.25, accuracy: 0.875 },
  metricDetail: {},
};

function metricsOf(deps: Partial<MetricsDeps> = {}): Metrics {
  const metrics = createMetrics({ ...quietServer(), ...deps });
  onTestFinished(() => metrics.close());
  return metrics;
}

/** What a server measures in which nothing happens. */
const quietServer = (): MetricsDeps => ({
  clock: new ManualClock(0),
  version: "1.2.3",
  connections: () => 0,
  waitingClients: () => new Map(),
  roundsInFlight: () => [],
  storeHealth: new StoreHealth(openMemoryStore({ crypto }), new ManualClock(0)),
});
const crypto = createNodeCryptoProvider();

/** Returns the samples by their name with labels. */
async function samplesOf(metrics: Metrics): Promise<ReadonlyMap<string, number>> {
  const lines = (await metrics.render()).split("\n");
  return new Map(
    lines
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => {
        const end = line.lastIndexOf(" ");
        return [line.slice(0, end), Number(line.slice(end + 1))];
      }),
  );
}

describe("the metrics", () => {
  it("count the members, bytes and seconds of a round", async () => {
    const metrics = metricsOf();
    const { id: roundId, taskId } = ROUND;
    const round = { taskId, roundId, purpose: "training", roundNumber: 4 } as const;
    metrics.observe({ type: "task-state", taskId, state: "running", reason: null });
    metrics.observe({ type: "round-opened", ...round });
    metrics.observe({ type: "round-started", ...round, cohort: 3 });
    expect((await samplesOf(metrics)).get("tributary_rounds_running")).toBe(1);

    metrics.observe({ type: "report-accepted", roundId, accepted: 1, goalCount: 3 });
    metrics.observe({ type: "report-accepted", roundId, accepted: 2, goalCount: 3 });
    const error = new TributaryError("UPDATE_NOT_FINITE", "The update holds NaN");
    metrics.observe({ type: "report-refused", roundId, error });
    metrics.observe({ type: "phase-ended", roundId, phase: "reporting", durationMs: 1_500 });
    metrics.observe({ type: "check-in-rejected", code: "NO_OPEN_ROUND" });
    metrics.observe({
      type: "round-ended",
      round: { ...ROUND, fates: { ...ROUND.fates, unfinished: { training: 1 } } },
    });

    expect(Object.fromEntries(await samplesOf(metrics))).toMatchObject({
      'tributary_task_changes_total{state="running"}': 1,
      tributary_rounds_running: 0,
      [`tributary_rounds_total{task="${taskId}",kind="training",outcome="committed",reason=""}`]: 1,
      [`tributary_round_number{task="${taskId}"}`]: 4,
      'tributary_round_duration_seconds_sum{kind="training",outcome="committed"}': 2.5,
      'tributary_round_duration_seconds_bucket{le="1",kind="training",outcome="committed"}': 0,
      'tributary_round_duration_seconds_bucket{le="2.5",kind="training",outcome="committed"}': 1,
      [`tributary_training_metric{task="${taskId}",metric="accuracy"}`]: 0.875,
      tributary_clients_selected_total: 3,
      tributary_reports_accepted_total: 2,
      'tributary_reports_refused_total{code="UPDATE_NOT_FINITE"}': 1,
      'tributary_members_lost_total{how="unfinished",reason="training"}': 1,
      'tributary_check_ins_rejected_total{code="NO_OPEN_ROUND"}': 1,
      'tributary_round_phase_duration_seconds_sum{phase="reporting"}': 1.5,
      tributary_examples_total: 120,
      'tributary_round_bytes_total{direction="up"}': 2_000,
      'tributary_round_bytes_total{direction="down"}': 9_000,
    });
  });

  it("count an abandoned round by its reason and do not change the model's metrics", async () => {
    const metrics = metricsOf();
    const { id: roundId, taskId } = ROUND;
    const round = { taskId, roundId, purpose: "training", roundNumber: 4 } as const;
    metrics.observe({ type: "round-started", ...round, cohort: 3 });
    metrics.observe({ type: "member-left", roundId, stage: "uploading" });
    metrics.observe({ type: "member-withdrew", roundId, code: "PLAN_REFUSED" });
    metrics.observe({
      type: "round-ended",
      round: { ...ROUND, outcome: "abandoned", checkpoint: null, reason: "too-few-left" },
    });
    const samples = await samplesOf(metrics);
    expect(Object.fromEntries(samples)).toMatchObject({
      'tributary_rounds_total{task="task_01",kind="training",outcome="abandoned",reason="too-few-left"}': 1,
      'tributary_members_lost_total{how="left",reason="uploading"}': 1,
      'tributary_members_lost_total{how="withdrew",reason="PLAN_REFUSED"}': 1,
      tributary_rounds_running: 0,
      tributary_examples_total: 0,
    });
    expect([...samples.keys()].filter((name) => name.includes("training_metric"))).toEqual([]);
  });

  it("keep evaluations and rollbacks apart from training", async () => {
    const metrics = metricsOf();
    metrics.observe({ type: "round-ended", round: ROUND });
    metrics.observe({
      type: "round-ended",
      round: { ...ROUND, kind: "evaluation", checkpoint: null, metrics: { accuracy: 0.5 } },
    });
    metrics.observe({
      type: "round-ended",
      round: { ...ROUND, kind: "rollback", number: 5, reason: "back to round 1", metrics: {} },
    });
    expect(Object.fromEntries(await samplesOf(metrics))).toMatchObject({
      'tributary_rounds_total{task="task_01",kind="evaluation",outcome="committed",reason=""}': 1,
      'tributary_rounds_total{task="task_01",kind="rollback",outcome="committed",reason=""}': 1,
      'tributary_training_metric{task="task_01",metric="accuracy"}': 0.875,
      'tributary_evaluation_metric{task="task_01",kind="evaluation",metric="accuracy"}': 0.5,
      'tributary_round_number{task="task_01"}': 5,
      tributary_examples_total: 120,
    });
  });

  it("show who waits and how many clients rounds still need, as long as rounds are in flight", async () => {
    const [taskId, population] = ["task_01" as TaskId, "writers"];
    let missing: number | undefined = 7;
    const metrics = metricsOf({
      waitingClients: () => new Map([[population, 3]]),
      roundsInFlight: () => (missing === undefined ? [] : [{ taskId, missing }]),
    });
    const needed = 'tributary_missing_clients{task="task_01"}';
    const samples = await samplesOf(metrics);
    expect(samples.get('tributary_waiting_clients{population="writers"}')).toBe(3);
    expect(samples.get(needed)).toBe(7);
    missing = undefined;
    expect((await samplesOf(metrics)).has(needed)).toBe(false);
  });

  it("show the current connections and the reasons why sessions failed", async () => {
    let connections = 5;
    const metrics = metricsOf({ connections: () => connections });
    metrics.observe({ type: "session-failed", code: "MALFORMED_FRAME" });
    metrics.observe({ type: "session-failed", code: "MALFORMED_FRAME" });
    metrics.observe({ type: "request-limited", share: "device" });
    expect((await samplesOf(metrics)).get("tributary_connections")).toBe(5);
    connections = 2;
    const samples = await samplesOf(metrics);
    expect(samples.get("tributary_connections")).toBe(2);
    expect(samples.get('tributary_session_failures_total{code="MALFORMED_FRAME"}')).toBe(2);
    expect(samples.get('tributary_requests_rate_limited_total{share="device"}')).toBe(1);
  });

  it("show what the process uses, under the names that all programs use", async () => {
    const samples = await samplesOf(metricsOf());
    for (const name of [
      ...["process_cpu_seconds_total", "process_start_time_seconds"],
      ...["process_resident_memory_bytes", "nodejs_heap_size_used_bytes"],
    ]) {
      expect([name, (samples.get(name) ?? 0) > 0]).toEqual([name, true]);
    }
    if (process.platform === "linux") expect(samples.get("process_open_fds")).toBeGreaterThan(2);
    // Whoever reads prom-client's own lag of the event loop resets it for all others.
    expect([...samples.keys()].filter((name) => name.includes("eventloop"))).toEqual([]);
  });

  it("tell the versions of the server and of Node", async () => {
    const samples = await samplesOf(metricsOf({ version: "4.5.6" }));
    const node = process.versions.node;
    expect(samples.get(`tributary_build_info{version="4.5.6",node="${node}"}`)).toBe(1);
  });

  it("show the state and the round of each task, also of those that were there before", async () => {
    const metrics = metricsOf();
    const [found, made] = ["task_01" as TaskId, "task_02" as TaskId];
    metrics.observe({ type: "task-found", taskId: found, state: "running", roundNumber: 17 });
    metrics.observe({ type: "task-state", taskId: made, state: "created", reason: null });
    metrics.observe({ type: "task-state", taskId: found, state: "paused", reason: null });
    const samples = await samplesOf(metrics);
    expect(samples.get('tributary_round_number{task="task_01"}')).toBe(17);
    const states = [...samples].filter(([name]) => name.startsWith("tributary_task_state{"));
    expect(states.length).toBe(10);
    expect(states.filter(([, value]) => value === 1).map(([name]) => name)).toEqual([
      'tributary_task_state{task="task_01",state="paused"}',
      'tributary_task_state{task="task_02",state="created"}',
    ]);
    // Only a change is counted, and not what the server has found.
    expect(samples.get('tributary_task_changes_total{state="running"}')).toBeUndefined();
  });

  it("show how late the event loop is", async () => {
    const metrics = metricsOf();
    const samples = await samplesOf(metrics);
    for (const quantile of ["0.5", "0.9", "0.99", "1"]) {
      const late = samples.get(`tributary_event_loop_delay_seconds{quantile="${quantile}"}`);
      expect(late).toBeGreaterThanOrEqual(0);
      expect(Number.isFinite(late)).toBe(true);
    }
  });

  it("belong to one server, although a process may run several", async () => {
    const one = metricsOf();
    const other = metricsOf();
    one.observe({ type: "session-failed", code: "TIMED_OUT" });
    expect((await other.render()).includes("TIMED_OUT")).toBe(false);
  });

  it("have names with a unit and one line of help", async () => {
    const text = (await metricsOf().render()).replace(/^# (HELP|TYPE) (process|nodejs)_.*$/gm, "");
    const helped = [...text.matchAll(/^# HELP (\S+) (.+)$/gm)];
    expect(helped.length).toBeGreaterThan(10);
    for (const [, name, help] of helped) {
      expect(name).toMatch(/^tributary_[a-z_]+$/);
      expect(name).not.toMatch(/_(ms|milliseconds|kb|mib|percent)\b/);
      expect(help).toMatch(/\.$/);
    }
    for (const [, name, type] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
      expect([name, name!.endsWith("_total")]).toEqual([name, type === "counter"]);
    }
  });

  it("may be closed twice", async () => {
    const metrics = createMetrics(quietServer());
    await metrics.close();
    await metrics.close();
  });

  it("show a task that does not get on for as long as that lasts", async () => {
    const metrics = metricsOf();
    const { taskId } = ROUND;
    const problem = (code: "CHECKPOINT_CORRUPT" | "STORAGE_UNAVAILABLE") => ({ code, message: "" });
    const sample = (code: string): string =>
      `tributary_task_problem{task="${taskId}",code="${code}"}`;
    metrics.observe({ type: "task-problem", taskId, problem: problem("STORAGE_UNAVAILABLE") });
    metrics.observe({ type: "task-problem", taskId, problem: problem("CHECKPOINT_CORRUPT") });
    const during = await samplesOf(metrics);
    expect(during.get(sample("CHECKPOINT_CORRUPT"))).toBe(1);
    expect(during.has(sample("STORAGE_UNAVAILABLE"))).toBe(false);
    metrics.observe({ type: "task-problem", taskId, problem: null });
    expect((await samplesOf(metrics)).has(sample("CHECKPOINT_CORRUPT"))).toBe(false);
  });
});
