import { describe, expect, it, vi } from "vitest";
import { parseTask, type TaskDefinition } from "@tributary/protocol";
import type { RoundRecord, ServerEvent } from "@tributary/server";
import type { DemoObserver } from "../src/demo/demo-observer.ts";
import { TrainingProgress, type Score } from "../src/demo/training-progress.ts";

const TASK = "task_1" as RoundRecord["taskId"];

const definition = (judgedBy: "training" | "operator" = "training"): TaskDefinition =>
  parseTask({
    population: "demo",
    name: "demo",
    model: { builtin: "logistic-regression" },
    plan: { metrics: ["accuracy"] },
    evaluation: { judgedBy },
    stop: { rounds: 5, targetMetric: { name: "accuracy", atLeast: 0.9 } },
  });

const round = (number: number, changes: Partial<RoundRecord> = {}): RoundRecord => ({
  id: `rnd_${number}` as RoundRecord["id"],
  taskId: TASK,
  kind: "training",
  number,
  outcome: "committed",
  startedAtMs: 0,
  endedAtMs: 1,
  attempts: 1,
  roundTimeMs: 100,
  baseCheckpoint: "0".repeat(64) as RoundRecord["baseCheckpoint"],
  checkpoint: "1".repeat(64) as RoundRecord["baseCheckpoint"],
  reason: null,
  selected: 2,
  reported: 2,
  rejected: 0,
  droppedOut: 0,
  fates: { reported: 2, refused: {}, withdrew: {}, left: {}, unfinished: {} },
  exampleCount: 10,
  bytesUp: 1,
  bytesDown: 1,
  metrics: {},
  metricDetail: {},
  ...changes,
});

const started = (number: number): ServerEvent => ({
  type: "round-started",
  taskId: TASK,
  roundId: round(number).id,
  purpose: "training",
  roundNumber: number,
  cohort: 2,
});
const ended = (record: RoundRecord): ServerEvent => ({ type: "round-ended", round: record });
const taskIs = (state: "running" | "finished" | "cancelled"): ServerEvent => ({
  type: "task-state",
  taskId: TASK,
  state,
  reason: null,
});
const score = (accuracy: number): Score => ({ metrics: { accuracy }, elapsedMs: 7 });

/** A demo that follows a task, and what it has shown. */
function follow(
  task = definition(),
  scoreEveryRounds = 1,
): {
  readonly progress: TrainingProgress;
  readonly committed: RoundRecord[];
  /** The numbers of the rounds whose scores were asked for. */
  readonly due: number[];
  readonly shown: string[];
  isOver(): Promise<boolean>;
} {
  const shown: string[] = [];
  const observer: DemoObserver = {
    started: () => {},
    round: () => {},
    report: (number, accepted, cohort) => shown.push(`${number}: ${accepted}/${cohort}`),
    abandoned: ({ number, reason }) => shown.push(`${number}: ${reason}`),
  };
  const progress = new TrainingProgress(task, observer, scoreEveryRounds);
  const committed: RoundRecord[] = [];
  const due: number[] = [];
  progress.begin(TASK, (record, isDue) => {
    if (isDue) due.push(record.number);
    if (!committed.includes(record)) committed.push(record);
  });
  const isOver = (): Promise<boolean> =>
    Promise.race([progress.over.then(() => true), Promise.resolve().then(() => false)]);
  return { progress, committed, due, shown, isOver };
}

describe("a demo", () => {
  it("asks for a score every so many rounds, and for that of the last round in any case", async () => {
    const { progress, due, isOver } = follow(definition(), 2);
    for (const number of [1, 2, 3]) {
      progress.follow(started(number));
      progress.follow(ended(round(number)));
    }
    expect(due).toEqual([2]);
    progress.addScore(round(2), score(0.5));
    progress.follow(taskIs("finished"));
    expect(due).toEqual([2, 3]);
    expect(await isOver()).toBe(false);
    progress.addScore(round(3), score(0.6));
    expect(await isOver()).toBe(true);
  });

  it("is over when its task is finished and the last checkpoint is scored, in either order", async () => {
    const early = follow();
    early.progress.follow(started(1));
    early.progress.follow(ended(round(1)));
    early.progress.addScore(round(1), score(0.5));
    expect(await early.isOver()).toBe(false);
    early.progress.follow(taskIs("finished"));
    expect(await early.isOver()).toBe(true);

    const late = follow();
    late.progress.follow(started(1));
    late.progress.follow(ended(round(1)));
    late.progress.follow(taskIs("finished"));
    expect(await late.isOver()).toBe(false);
    late.progress.addScore(round(1), score(0.5));
    expect(await late.isOver()).toBe(true);
  });

  it("waits for a round that ends after its task is said to be finished", async () => {
    const { progress, isOver } = follow();
    progress.follow(ended(round(1)));
    progress.addScore(round(1), score(0.5));
    progress.follow(started(2));
    progress.follow(taskIs("finished"));
    expect(await isOver()).toBe(false);
    progress.follow(ended(round(2)));
    progress.addScore(round(2), score(0.6));
    expect(await isOver()).toBe(true);
  });

  it("is over at its target, with a round still open, if the operator judges the task", async () => {
    for (const [judgedBy, expected] of [
      ["operator", { round: 1, elapsedMs: 7 }],
      ["training", undefined],
    ] as const) {
      const { progress, isOver } = follow(definition(judgedBy));
      progress.follow(ended(round(1)));
      progress.follow(started(2));
      progress.addScore(round(1), score(0.95));
      expect(progress.target).toEqual(expected);
      expect(await isOver()).toBe(judgedBy === "operator");
    }
  });

  it("ignores other tasks, evaluations, and reports of rounds that are not open", () => {
    const { progress, committed, shown } = follow();
    const other = "task_2" as RoundRecord["taskId"];
    progress.follow(ended(round(1, { taskId: other })));
    progress.follow(ended(round(1, { kind: "evaluation" })));
    progress.follow({ type: "report-accepted", roundId: round(1).id, accepted: 1, goalCount: 2 });
    progress.follow(started(2));
    progress.follow({ type: "report-accepted", roundId: round(2).id, accepted: 1, goalCount: 2 });
    expect(committed).toEqual([]);
    expect(shown).toEqual(["2: 0/2", "2: 1/2"]);
  });

  it("shows a round that is abandoned and tried again, but not the one that the end gives up", () => {
    const { progress, shown } = follow();
    const abandoned = { outcome: "abandoned", checkpoint: null } as const;
    progress.follow(ended(round(1, { ...abandoned, reason: "deadline" })));
    progress.follow(ended(round(2, { ...abandoned, reason: "server-stopping" })));
    expect(shown).toEqual(["1: deadline"]);
  });

  it("fails when its task is cancelled, and with the reason that clients give when too few are left", async () => {
    const cancelled = follow();
    cancelled.progress.follow(taskIs("cancelled"));
    await expect(cancelled.progress.over).rejects.toMatchObject({ code: "ABORTED" });

    vi.useFakeTimers();
    try {
      const { progress } = follow();
      const reason = { outcome: "abandoned", checkpoint: null, reason: "too-few-left" } as const;
      progress.follow(ended(round(1, reason)));
      progress.fail(new Error("the loss is NaN"));
      vi.runAllTimers();
      await expect(progress.over).rejects.toThrow("the loss is NaN");

      const silent = follow();
      silent.progress.follow(ended(round(1, reason)));
      vi.runAllTimers();
      await expect(silent.progress.over).rejects.toMatchObject({ code: "TRAINING_FAILED" });
    } finally {
      vi.useRealTimers();
    }
  });
});
