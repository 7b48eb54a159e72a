import type { RoundRecord } from "@tributary/server";
import { describe, expect, it } from "vitest";

import { describeRound } from "../src/commands/describe-round.ts";

const ROUND: RoundRecord = {
  id: "rnd_00000000000000000000000001" as RoundRecord["id"],
  taskId: "task_00000000000000000000000001" as RoundRecord["taskId"],
  kind: "training",
  number: 4,
  outcome: "committed",
  startedAtMs: 1_700_000_000_000,
  endedAtMs: 1_700_000_003_500,
  attempts: 1,
  roundTimeMs: 3_500,
  baseCheckpoint: "0".repeat(64) as RoundRecord["baseCheckpoint"],
  checkpoint: "1".repeat(64) as RoundRecord["baseCheckpoint"],
  reason: null,
  selected: 130,
  reported: 100,
  rejected: 3,
  droppedOut: 20,
  fates: {
    reported: 100,
    refused: { UPDATE_NOT_FINITE: 1, UPDATE_SHAPE: 2 },
    withdrew: { PLAN_REFUSED: 4 },
    left: { training: 12, uploading: 4 },
    unfinished: { training: 6, waiting: 1 },
  },
  exampleCount: 5_000,
  bytesUp: 2_000,
  bytesDown: 9_000,
  metrics: { loss: 0.25 },
  metricDetail: {},
};

const linesOf = (round: RoundRecord): string[] =>
  describeRound(round)
    .split("\n")
    .map((line) => line.trim().replaceAll(/ +/g, " "));

describe("a round in words", () => {
  it("says what became of every member of the cohort, by reason", () => {
    const lines = linesOf(ROUND);
    const from = lines.indexOf("cohort 130") + 1;
    expect(lines.slice(from, from + 8)).toEqual([
      "100 reported",
      "2 report refused: UPDATE_SHAPE",
      "1 report refused: UPDATE_NOT_FINITE",
      "4 withdrew: PLAN_REFUSED",
      "12 connection lost while training",
      "4 connection lost while uploading",
      "6 still training when the round ended",
      "1 still waiting when the round ended",
    ]);
    expect(lines).toContain("outcome committed");
  });

  it("shows the figures of each class, and percentiles over members", () => {
    const lines = linesOf({
      ...ROUND,
      metricDetail: {
        confusion: [
          [8, 2],
          [2.5, 7.5],
        ],
        classes: [
          { precision: 0.76, recall: 0.8, f1: 0.78, support: 10 },
          { precision: 0.79, recall: 0.75, f1: 0.77, support: 10 },
        ],
        aucErrorAtMost: 0.01,
        percentiles: { loss: { p10: 0.1, p25: 0.2, p50: 0.3, p75: 0.4, p90: 0.5 } },
      },
    });
    expect(lines).toEqual(
      expect.arrayContaining([
        "classes 0: precision 0.7600, recall 0.8000, f1 0.7800; taken for: 8 2",
        "1: precision 0.7900, recall 0.7500, f1 0.7700; taken for: 2.5 7.5",
        "members loss 0.1000 0.2000 0.3000 0.4000 0.5000 (p10 p25 p50 p75 p90)",
        "auc within 0.0100 of the scores' own",
      ]),
    );
  });

  it("names the classes as the data contract does", () => {
    const figures = { precision: 1, recall: 1, f1: 1, support: 1 };
    const metricDetail = { classes: [figures, figures] };
    const text = describeRound({ ...ROUND, metricDetail }, ["Adelie", "Gentoo"]);
    expect(text).toMatch(/classes +Adelie: precision 1.0000/);
    expect(text).toMatch(/\n +Gentoo: precision 1.0000/);
  });

  it("says why it was abandoned, and leaves out what did not happen", () => {
    const lines = linesOf({
      ...ROUND,
      outcome: "abandoned",
      checkpoint: null,
      reason: "too-few-left",
      selected: 2,
      fates: { reported: 0, refused: {}, withdrew: {}, left: { configuring: 2 }, unfinished: {} },
    });
    expect(lines).toContain("outcome abandoned: too-few-left");
    expect(lines).toContain("2 connection lost while configuring");
    expect(lines.some((line) => line.includes("reported"))).toBe(false);
  });
});
