import type { TaskView } from "@tributary/server";
import { expect, it } from "vitest";
import { showStatistics } from "../src/commands/statistics-progress.ts";
import { createOutput } from "../src/terminal/output.ts";

const FLIGHT = {
  ...{ id: "rnd_1", taskId: "tsk_1", kind: "training", number: 1, phase: "selecting" },
  ...{ startedAtMs: 0, elapsedMs: 2_000, needed: 5, goal: 4, minimum: 3, gathered: 0 },
  ...{ selected: 0, atWork: 0, reported: 0, missing: 5 },
  unusable: { waiting: {}, turnedAway: {} },
} as const;

/** What stands on the screen after some looks at a task. */
function shown(json: boolean, isTTY: boolean): string {
  let text = "";
  const stderr = { isTTY, write: (part: string) => (text += part) };
  const output = createOutput(json, { stdout: stderr, stderr });
  const round = { rounds: 2, selectionTimeoutMs: 60_000, reportingTimeoutMs: 30_000 };
  const show = showStatistics(output, round);
  const look = (inFlight: object | null, lastRound: object | null = null): void =>
    show({ inFlight, lastRound } as TaskView);
  look(null);
  look(FLIGHT);
  look({ ...FLIGHT, gathered: 3, missing: 2, elapsedMs: 10_000 });
  look({ ...FLIGHT, phase: "reporting", selected: 5, reported: 1, elapsedMs: 20_000 });
  look(null, { id: "rnd_1", number: 1, outcome: "abandoned", reason: "too-few-left" });
  look(null, { id: "rnd_2", number: 1, outcome: "committed", reason: null, reported: 4 });
  return text;
}

it("Counting shows how many clients have come and counted, of how many, and the time left", () => {
  expect(shown(false, false).trimEnd().split("\n")).toEqual([
    "round 1 of 2  waits for 5 clients to come, at most 58.0 s",
    "round 1 of 2  waits for 4 clients to count, at most 70.0 s",
    "round 1 of 2 abandoned (too-few-left), tried again",
    "round 1 of 2  4 clients have counted",
  ]);
  expect(shown(false, true)).toContain(
    "round 1 of 2  3 of 5 clients have come, at most 50.0 s left",
  );
});

it("Counting shows nothing where a program reads the result", () => {
  expect(shown(true, false)).toBe("");
});
