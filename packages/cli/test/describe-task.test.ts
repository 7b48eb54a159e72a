import type { RoundInFlightView, RoundRecord, TaskView } from "@tributary/server";
import { parseTask } from "@tributary/protocol";
import { describe, expect, it } from "vitest";

import { describeInFlight } from "../src/commands/describe-round.ts";
import { describeTask, stateText } from "../src/commands/describe-task.ts";
import { listRounds } from "../src/commands/list-rounds.ts";

const ID = "0123456789abcdef0123456789abcdef";

const FAILED: RoundRecord = {
  id: `rnd_${ID}` as RoundRecord["id"],
  taskId: `task_${ID}` as RoundRecord["taskId"],
  kind: "training",
  number: 13,
  outcome: "abandoned",
  startedAtMs: 0,
  endedAtMs: 1_800_000,
  attempts: 3,
  roundTimeMs: 1_800_000,
  baseCheckpoint: "0".repeat(64) as RoundRecord["baseCheckpoint"],
  checkpoint: null,
  reason: "too-few-left",
  selected: 130,
  reported: 0,
  rejected: 1,
  droppedOut: 61,
  fates: {
    reported: 0,
    refused: { UPDATE_NOT_FINITE: 1 },
    withdrew: { PLAN_SIGNATURE_INVALID: 51 },
    left: { training: 10 },
    unfinished: { configuring: 68 },
  },
  exampleCount: 0,
  bytesUp: 2_000,
  bytesDown: 9_000,
  metrics: {},
  metricDetail: {},
};

const SELECTING: RoundInFlightView = {
  id: `rnd_${ID}`,
  taskId: `task_${ID}`,
  kind: "training",
  number: 13,
  phase: "selecting",
  startedAtMs: 0,
  elapsedMs: 12_345,
  needed: 130,
  goal: 100,
  minimum: 80,
  gathered: 3,
  selected: 0,
  atWork: 0,
  reported: 0,
  missing: 127,
  unusable: { waiting: { "held-out-examples": 2 }, turnedAway: { examples: 12, codec: 30 } },
};

/** A task without what these tests do not look at. */
const VIEW: TaskView = {
  id: `task_${ID}`,
  name: "digits",
  population: "writers",
  state: "paused",
  endReason: null,
  pauseReason: "PLAN_REFUSED",
  definition: parseTask({
    population: "writers",
    name: "digits",
    model: { builtin: "mlp-64" },
    serverOptimizer: { name: "fedadam" },
  }),
  planId: "0".repeat(64),
  initialCheckpoint: "0".repeat(64),
  createdAtMs: 0,
  progress: { phase: "selecting", committedRounds: 12, waitingClients: 3, problem: null },
  best: null,
  inFlight: SELECTING,
  lastRound: FAILED,
  warnings: [],
};

const widthOf = (text: string): number => Math.max(...text.split("\n").map(({ length }) => length));

describe("the conditions of a task in words", () => {
  it("are those that it asks for, with what unknown ones count as", () => {
    const definition = parseTask({
      ...VIEW.definition,
      eligibility: { charging: true, minimumBattery: 0.3, hours: { from: "22:00", to: "06:00" } },
    });
    expect(describeTask({ ...VIEW, definition })).toContain(
      "\nconditions  charging, minimumBattery 0.3, hours 22:00–06:00; unknown counts as unmet\n",
    );
    expect(describeTask(VIEW)).not.toContain("conditions");
  });
});

describe("a round in flight in words", () => {
  it("says how many clients it still waits for, and why it cannot use others", () => {
    expect(describeInFlight(SELECTING)).toEqual([
      "in flight   round 13, selecting for 12.3 s",
      `            rnd_${ID}`,
      "            3 of 130 clients have come, 127 are still needed",
      "            waiting, but of no use now: 2 held-out-examples",
      "            turned away since it was opened: 30 codec, 12 examples",
    ]);
  });

  it("says what its members do, and how many reports are still needed", () => {
    const reporting = { phase: "reporting", gathered: 0, selected: 130, atWork: 40 } as const;
    const unusable = { waiting: {}, turnedAway: {} };
    expect(
      describeInFlight({ ...SELECTING, ...reporting, reported: 80, missing: 20, unusable }).slice(
        2,
      ),
    ).toEqual([
      "            130 selected: 80 reported, 40 at work, 10 lost",
      "            20 reports are still needed; it can commit with 80 of 100",
    ]);
  });
});

describe("a list of rounds", () => {
  it("says below each round what came of it, and ends with the one in flight", () => {
    const committed: RoundRecord = {
      ...FAILED,
      kind: "evaluation",
      outcome: "committed",
      reason: null,
      attempts: 1,
      reported: 100,
      metrics: { accuracy: 0.957, loss: 0.14723 },
    };
    const text = listRounds([committed, FAILED], SELECTING);
    expect(text.split("\n").slice(0, 8)).toEqual([
      "round  outcome    reports  time      id",
      `13     committed  100/130  1800.0 s  rnd_${ID}`,
      "       evaluation",
      "       2.00 kB up, 9.00 kB down; accuracy 0.9570, loss 0.1472",
      `13     abandoned  0/130    1800.0 s  rnd_${ID}`,
      "       too-few-left, 3 times",
      "       68 unfinished configuring, 51 withdrew PLAN_SIGNATURE_INVALID, …",
      "in flight   round 13, selecting for 12.3 s",
    ]);
    expect(widthOf(text)).toBeLessThanOrEqual(80);
    expect(listRounds([], null)).toBe("no round has ended yet");
  });
});

describe("a task in words", () => {
  it("says why it is paused, how its last round failed, and what its next one waits for", () => {
    const text = describeTask(VIEW);
    expect(text.split("\n")).toEqual([
      `task        task_${ID}`,
      "name        digits",
      "population  writers (3 clients are waiting)",
      "state       paused",
      "paused      because all clients have refused the task: PLAN_REFUSED",
      "rounds      12 committed",
      "last        round 13, abandoned: too-few-left, 3 times",
      "            68 unfinished configuring, 51 withdrew PLAN_SIGNATURE_INVALID, …",
      ...describeInFlight(SELECTING),
      "server step fedadam: learningRate 0.01, beta1 0.9, beta2 0.99, tau 0.001",
      `plan        ${"0".repeat(64)}`,
    ]);
    expect(widthOf(text)).toBeLessThanOrEqual(80);
    expect(stateText(VIEW)).toBe("paused: PLAN_REFUSED");
  });
});
