import { describe, expect, it } from "vitest";
import { parseTask } from "@tributary/protocol";
import { chartsOf } from "../src/report/charts.ts";
import { compare } from "../src/report/compare.ts";
import { comparisonTable } from "../src/report/comparison-table.ts";
import { costToTarget } from "../src/report/cost-to-target.ts";
import { roundsCsv } from "../src/report/csv.ts";
import { drawChart } from "../src/report/draw-chart.ts";
import { fairnessOf } from "../src/report/fairness.ts";
import { htmlTable } from "../src/report/html.ts";
import type { StoredResults } from "../src/report/read-results.ts";
import { spreadOf } from "../src/report/summary.ts";
import type { SimulatedRound } from "../src/runner/simulated-round.ts";

function round(number: number, accuracy?: number): SimulatedRound {
  return {
    ...{ kind: "training", number, outcome: "committed", reason: null, checkpoint: null },
    ...{ selected: 2, reported: 2, fates: {} as SimulatedRound["fates"], exampleCount: 8 },
    ...{ metrics: { loss: 1 }, bytesUp: 1e6, bytesDown: 2e6, deviceSeconds: 4, wastedSeconds: 1 },
    ...{ endedAtMs: number * 60_000, roundTimeMs: 60_000, seconds: 0.5, trainerSeconds: 0.4 },
    ...(accuracy === undefined ? {} : { score: { accuracy } }),
  };
}

const task = parseTask({
  ...{ population: "p", name: "n", model: { builtin: "mcmahan-2nn" } },
  plan: { metrics: ["accuracy"] },
  stop: { rounds: 9, targetMetric: { name: "accuracy", atLeast: 0.9 } },
});

/** Results with a run for each seed, which end with these accuracies. */
function results(path: string, lasts: readonly number[]): StoredResults {
  const runs = lasts.map((last, seed) => ({
    ...{
      seed,
      variant: null,
      settings: { "plan.batchSize": 10 },
      rounds: 2,
      roundsToTarget: null,
      best: last,
    },
    ...{ finalScore: { accuracy: last }, bytesUp: 2e6, bytesDown: 4e6, virtualSeconds: 120 },
    ...{ bytesUpToTarget: null, bytesDownToTarget: null },
    ...{ virtualSecondsToTarget: null, wastedShare: 0, participation: null, seconds: 1 },
    ...{
      failure: null,
      checkpoint: "c",
      recorded: [round(1, 0.5), round(2, last)],
      participations: [1, 2, 0],
    },
  }));
  return {
    path,
    plan: {
      name: "<b>",
      value: {},
      runs: [],
      openData: () => Promise.reject(new Error("A report opens no data")),
    },
    environment: {} as StoredResults["environment"],
    summary: { name: "n", measure: "accuracy", groups: [], runs },
    runs,
  };
}

describe("what it takes to reach the target", () => {
  it.each([
    [[0.5, 0.8, 1], 2.5],
    [[0.95], 1],
    // A fall does not count: the best so far is 0.8 before the target is crossed.
    [[0.8, 0.1, 1], 2.5],
    [[0.5, 0.6], null],
  ])("is read off the curve of the best score so far: %j", (scores, expected) => {
    const rounds = scores.map((score, index) => round(index + 1, score));
    const cost = costToTarget(task, rounds);
    if (expected === null) {
      expect(cost).toBeNull();
      return;
    }
    expect(cost!.rounds).toBeCloseTo(expected, 9);
    expect(cost!.bytesUp).toBeCloseTo(expected * 1e6, 3);
    expect(cost!.bytesDown).toBeCloseTo(expected * 2e6, 3);
  });

  it("passes over rounds without a score", () => {
    const rounds = [round(1), round(2, 0.8), round(3), round(4, 1)];
    const cost = costToTarget(task, rounds);
    expect(cost!.rounds).toBeCloseTo(3, 9);
    expect(cost!.bytesUp).toBeCloseTo(3e6, 3);
    expect(cost!.virtualSeconds).toBe(240);
  });
});

describe("a comparison", () => {
  it("tells series that differ from those that may not, over their seeds", () => {
    const [low, high] = [
      results("low", [0.5, 0.51, 0.52, 0.53]),
      results("high", [0.9, 0.91, 0.92, 0.93]),
    ];
    const { series } = compare([low, high, { ...low, path: "again" }]);
    expect(series.map(({ series: name }) => name)).toEqual([
      "low: plan.batchSize=10",
      "high: plan.batchSize=10",
      "again: plan.batchSize=10",
    ]);
    // Two of the 70 ways to divide eight runs in halves are as far apart.
    expect(series.map(({ pValue }) => pValue)).toEqual([
      null,
      expect.closeTo(2 / 70, 2),
      expect.closeTo(1, 2),
    ]);
  });

  it("names the engines where they differ, and nowhere else", () => {
    const by = (path: string, engine?: "fused" | "native"): StoredResults => {
      const { runs, ...rest } = results(path, [0.5]);
      return { ...rest, runs: runs.map((run) => ({ ...run, ...(engine && { engine }) })) };
    };
    const mixed = comparisonTable(compare([by("old"), by("a", "fused"), by("b", "native")]));
    expect(mixed.head[2]).toBe("engine");
    expect(mixed.rows.map((row) => row[2])).toEqual(["", "fused", "native"]);
    expect(comparisonTable(compare([by("old"), by("a", "fused")])).head).not.toContain("engine");
  });

  it("has no test where there is one seed", () => {
    expect(compare([results("a", [0.5]), results("b", [0.9])]).series[1]!.pValue).toBeNull();
  });

  it("is refused with results that are there twice, whose runs would count as more evidence", () => {
    expect(() => compare([results("a", [0.5]), results("./a/", [0.5])])).toThrow(
      "The results ./a/ are given twice",
    );
  });

  it("is refused between tasks that are judged by different measures", () => {
    const other = results("b", [1]);
    const loss = { ...other, summary: { ...other.summary, measure: "loss" as const } };
    expect(() => compare([results("a", [1]), loss])).toThrow(
      /a is judged by accuracy, and b by loss/,
    );
  });

  it("is shown with means, deviations and dashes", () => {
    const { rows } = comparisonTable(compare([results("a", [0.5, 0.7])]));
    expect(rows).toEqual([
      [
        "plan.batchSize=10",
        "2",
        "60.00 % ± 14.14 %",
        "60.00 % ± 14.14 %",
        "–",
        "6.000 ± 0.000",
        "–",
      ],
    ]);
  });
});

describe("a report", () => {
  it("draws every chart as a picture that needs nothing besides itself", async () => {
    const charts = chartsOf([results("a", [0.5, 0.7])], "accuracy");
    expect(charts.map(({ name }) => name)).toEqual([
      "accuracy-by-round",
      "accuracy-by-megabytes",
      "accuracy-by-hours",
      "participation",
    ]);
    for (const { spec } of charts) {
      const svg = await drawChart(spec);
      expect(svg).toMatch(/^<svg [^]*<path [^]*plan\.batchSize=10[^]*<\/svg>$/);
      expect(svg).not.toMatch(/<script|href=|url\((?!#)/);
    }
  });

  it("gives a series the same colour in all charts", () => {
    const [plain, attacked] = [results("plain", [0.5]), results("attacked", [0.6])];
    const recorded = [{ ...round(1), score: { accuracy: 0.6, attackSuccessRate: 0.2 } }];
    const runs = attacked.runs.map((run) => ({ ...run, recorded }));
    const charts = chartsOf([plain, { ...attacked, runs }], "accuracy").slice(0, -1);
    expect(charts.map(({ name }) => name)).toContain("attackSuccessRate-by-round");
    const series = '"domain":["plain: plan.batchSize=10","attacked: plan.batchSize=10"]';
    for (const { spec } of charts) expect(JSON.stringify(spec)).toContain(series);
  });

  it("shows text of the experiment as text", () => {
    expect(htmlTable(["<a>"], [["b & c"]])).toContain("<th>&lt;a&gt;</th>");
  });
});

describe("the table of rounds", () => {
  it("has a line for each round, and an empty cell for what was not measured", () => {
    const [head, first, second] = roundsCsv([round(1), round(2, 0.5)]).split("\n");
    expect(head).toMatch(/^round,kind,outcome,.*,clients_loss,score_accuracy$/);
    expect(first).toMatch(
      /^1,training,committed,,,2,2,8,1000000,2000000,4,1,60000,60000,0.5,0.4,1,$/,
    );
    expect(second).toMatch(/,1,0.5$/);
  });
});

describe("what else was measured", () => {
  const byClient = {
    accuracy: {
      ...{ p10: 0.1, p25: 0.25, p50: 0.5, p75: 0.75, p90: 0.9 },
      ...{ lowestTenth: 0.05, highestTenth: 0.95 },
    },
  };
  const attacked = { accuracy: 0.9, attackSuccessRate: 0.25 };

  it("by clients has a column for each figure in the table of rounds", () => {
    const evaluation: SimulatedRound = { ...round(1), kind: "evaluation", byClient };
    const [head, first, second] = roundsCsv([round(1), evaluation]).split("\n");
    expect(head).toMatch(/,clients_loss,clients_accuracy_p10,.*,clients_accuracy_highestTenth$/);
    expect(first).toMatch(/,1,,,,,,,$/);
    expect(second).toMatch(/,1,0.1,0.25,0.5,0.75,0.9,0.05,0.95$/);
  });

  it("of an attack is in the comparison, and both have charts", async () => {
    const plain = results("plain", [0.5, 0.7]);
    const runs = plain.runs.map((run) => ({
      ...run,
      finalScore: attacked,
      recorded: [{ ...round(2), score: attacked, byClient }],
    }));
    const both = [plain, { ...plain, path: "attacked", runs }];
    const { head, rows } = comparisonTable(compare(both));
    const column = head.indexOf("attack success");
    expect(rows.map((row) => row[column])).toEqual(["–", "25.00 % ± 0.00 %"]);
    const charts = chartsOf(both, "accuracy");
    expect(charts.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["attackSuccessRate-by-round", "accuracy-of-clients"]),
    );
    for (const { spec } of charts) expect(await drawChart(spec)).toMatch(/^<svg [^]*<path /);
  });
});

describe("the spread of values", () => {
  it("is that of a sample, of the values that are there", () => {
    expect(spreadOf([1, null, 3])).toEqual({ mean: 2, deviation: Math.SQRT2, count: 2 });
    expect(spreadOf([5])).toEqual({ mean: 5, deviation: 0, count: 1 });
    expect(spreadOf([null])).toBeNull();
  });
});

describe("fairness", () => {
  it.each([
    [[3, 3, 3, 3], { never: 0, most: 3, gini: 0 }],
    [[0, 0, 0, 4], { never: 0.75, most: 4, gini: 0.75 }],
    [[0, 0], { never: 1, most: 0, gini: 0 }],
  ])("is the Gini coefficient of %j", (counts, expected) => {
    expect(fairnessOf(Uint32Array.from(counts))).toEqual(expected);
  });
});
