// The metrics that are computed from sums, beside figures that were computed by hand by the
// definitions of scikit-learn.
import { describe, expect, it } from "vitest";
import { BASES } from "../src/plan/bases/basis-table.ts";
import { classFigures } from "../src/plan/bases/confusion.ts";
import { areaErrorAtMost, scoreIndex } from "../src/plan/bases/score-histogram.ts";
import { sumsOf, unsuitableMetric, type MetricName } from "../src/plan/metrics.ts";
import { basesToReport } from "../src/plan/plan-bases.ts";
import type { Plan } from "../src/plan/plan.ts";
import { parseTask } from "../src/plan/parse-task.ts";
import { samplePlan } from "./plan-sample.ts";

const valueOf = (metric: MetricName, values: readonly number[], width: number): number =>
  sumsOf(metric)!.value(values, width);

describe("precision, recall and F1", () => {
  it("are those of yes for answers of yes or no", () => {
    // 50 true negatives, 10 false positives, 5 false negatives, 35 true positives.
    const confusion = [50, 10, 5, 35];
    expect(valueOf("precision", confusion, 1)).toBeCloseTo(35 / 45, 15);
    expect(valueOf("recall", confusion, 1)).toBeCloseTo(35 / 40, 15);
    expect(valueOf("f1", confusion, 1)).toBeCloseTo(70 / 85, 15);
  });

  it("are means over the classes that occur", () => {
    // Of scikit-learn's page on `f1_score`: truths 0 1 2 0 1 2, answers 0 2 1 0 0 1. Its macro F1 is
    // 0.26…; a fourth class that never occurs changes nothing.
    const answers = [0, 2, 1, 0, 0, 1];
    for (const classes of [3, 4]) {
      const confusion = new Array<number>(classes ** 2).fill(0);
      [0, 1, 2, 0, 1, 2].forEach((truth, i) => confusion[truth * classes + answers[i]!]!++);
      expect(valueOf("f1", confusion, classes)).toBeCloseTo(0.8 / 3, 15);
      expect(valueOf("precision", confusion, classes)).toBeCloseTo(2 / 9, 15);
      expect(valueOf("recall", confusion, classes)).toBeCloseTo(1 / 3, 15);
      expect(classFigures(confusion)[0]).toEqual({
        precision: 2 / 3,
        recall: 1,
        f1: 0.8,
        support: 2,
      });
    }
  });

  it("are 0 before there are answers", () => {
    expect(valueOf("f1", [0, 0, 0, 0], 1)).toBe(0);
    expect(valueOf("f1", [0, 0, 0, 0], 2)).toBe(0);
  });
});

describe("the area under the ROC curve", () => {
  const histograms = (
    scored: readonly (readonly [isYes: boolean, score: number])[],
  ): { readonly values: number[]; readonly auc: number } => {
    const values = new Array<number>(BASES.scores.length(1)).fill(0);
    for (const [isYes, score] of scored) values[scoreIndex(0, isYes, score)]!++;
    return { values, auc: valueOf("auc", values, 1) };
  };

  it("is that of scikit-learn's page on `roc_auc_score`", () => {
    const { auc } = histograms([
      [false, 0.1],
      [false, 0.4],
      [true, 0.35],
      [true, 0.8],
    ]);
    expect(auc).toBe(0.75);
  });

  it("counts equal scores half, and takes scores beyond 0 and 1", () => {
    expect(histograms([[true, 0.5], [false, 0.5]]).auc).toBe(0.5); // prettier-ignore
    expect(histograms([[true, 7], [false, -3]]).auc).toBe(1); // prettier-ignore
    expect(histograms([[true, Number.NaN], [false, 0.9]]).auc).toBe(0); // prettier-ignore
    expect(histograms([[true, 0.2]]).auc).toBe(0.5); // prettier-ignore
  });

  it("differs from that of the scores by no more than it says", () => {
    const scored = Array.from({ length: 400 }, (_, i) => {
      const score = ((i * 7919) % 1000) / 1000;
      return [(i * 31) % 100 < 100 * score, score] as const;
    });
    let wins = 0;
    let pairs = 0;
    for (const [isYes, score] of scored) {
      for (const [other, below] of isYes ? scored : []) {
        if (other) continue;
        pairs++;
        wins += score > below ? 1 : score === below ? 0.5 : 0;
      }
    }
    const { values, auc } = histograms(scored);
    const bound = areaErrorAtMost(values);
    expect(bound).toBeLessThan(0.02);
    expect(Math.abs(auc - wins / pairs)).toBeLessThan(bound);
    // Pairs in one bin are as often right as wrong, so that the error is much smaller.
    expect(Math.abs(auc - wins / pairs)).toBeLessThan(0.002);
  });

  it.each([1e-4, 1e-8, 1e-12])(
    "tells scores about %d apart, as of a class that is rare",
    (rare) => {
      const { auc, values } = histograms([
        [true, 16 * rare],
        [true, 4 * rare],
        [false, rare],
        [false, rare / 4],
      ]);
      expect(auc).toBe(1);
      expect(areaErrorAtMost(values)).toBe(0);
    },
  );

  it("is the mean of each class against the rest", () => {
    const values = new Array<number>(BASES.scores.length(3)).fill(0);
    const rows = [
      [0, [0.7, 0.2, 0.1]],
      [1, [0.3, 0.6, 0.1]],
      [1, [0.5, 0.4, 0.1]],
    ] as const;
    for (const [truth, scores] of rows) {
      scores.forEach((score, one) => values[scoreIndex(one, one === truth, score)]!++);
    }
    // Class 0: 0.7 above 0.3 and 0.5. Class 1: 0.6 and 0.4 above 0.2. No example is of class 2.
    expect(valueOf("auc", values, 3)).toBe(1);
    expect(BASES.scores.answers(values, 3)).toBe(3);
  });
});

describe("R² and the root of the mean squared error", () => {
  const sums = (labels: readonly number[], outputs: readonly number[]): number[] => [
    labels.length,
    labels.reduce((sum, y) => sum + y, 0),
    labels.reduce((sum, y) => sum + y * y, 0),
    labels.reduce((sum, y, i) => sum + (y - outputs[i]!) ** 2, 0),
  ];

  it("are those of scikit-learn's page on `r2_score`", () => {
    const values = sums([3, -0.5, 2, 7], [2.5, 0, 2, 8]);
    expect(valueOf("rSquared", values, 1)).toBeCloseTo(0.948608137, 9);
    expect(valueOf("rootMeanSquaredError", values, 1)).toBeCloseTo(Math.sqrt(0.375), 15);
  });

  it("are precise where labels are large beside their spread", () => {
    const values = sums([100_000, 100_001, 100_002], [100_000, 100_001, 100_001]);
    expect(valueOf("rSquared", values, 1)).toBeCloseTo(0.5, 5);
  });

  it("are 1 or 0 where labels do not differ, and means over several numbers", () => {
    expect(valueOf("rSquared", sums([2, 2], [2, 2]), 1)).toBe(1);
    expect(valueOf("rSquared", sums([2, 2], [2, 3]), 1)).toBe(0);
    const [count, ...first] = sums([1, 2, 3], [1, 2, 3]);
    const [, ...second] = sums([1, 2, 3], [2, 2, 2]);
    expect(valueOf("rSquared", [count!, ...first, ...second], 2)).toBe(0.5);
  });
});

it("perplexity is the number of equally likely classes", () => {
  expect(valueOf("perplexity", [12, 12 * Math.log(26)], 26)).toBeCloseTo(26, 10);
});

describe("the values of a basis are impossible", () => {
  it.each([
    ["confusion", [1, 0, 0, 0.5]],
    ["confusion", [1, 0, 0, -1]],
    ["residuals", [2, 4, 7, 1]],
    ["residuals", [2.5, 4, 8, 1]],
    ["residuals", [2, 4, 8, -1]],
    ["surprise", [1, 17]],
    ["surprise", [1, -1]],
  ] as const)("in %s %j", (name, values) => {
    expect(BASES[name].isPossible(values, 1)).toBe(false);
  });

  it("where the classes have scores of different numbers of answers", () => {
    const values = new Array<number>(BASES.scores.length(2)).fill(0);
    values[0] = 1;
    expect(BASES.scores.isPossible(values, 2)).toBe(false);
    values[300] = 1;
    expect(BASES.scores.isPossible(values, 2)).toBe(true);
  });
});

describe("a plan's metrics", () => {
  it("fit the labels of its loss", () => {
    expect(unsuitableMetric(["accuracy", "f1"], "categoricalCrossentropy")).toBeUndefined();
    expect(unsuitableMetric(["accuracy", "rSquared"], "categoricalCrossentropy")).toBe("rSquared");
    expect(unsuitableMetric(["auc"], "meanSquaredError")).toBe("auc");
    expect(unsuitableMetric(["perplexity"], "binaryCrossentropy")).toBe("perplexity");
    const file = { population: "p", name: "t", model: { builtin: "logistic-regression" } };
    expect(() => parseTask({ ...file, plan: { metrics: ["rSquared"] } })).toThrow(
      /plan\.metrics.*Leave rSquared out/,
    );
  });

  it("need the number of classes, which must not be too many for a report", () => {
    const planWith = (units: number | undefined, ...metrics: MetricName[]): Plan => {
      const layer =
        units === undefined
          ? { class_name: "Flatten", config: {} }
          : { class_name: "Dense", config: { units } };
      const topology = { class_name: "Sequential", config: { layers: [layer] } };
      const { model, training } = samplePlan;
      return { ...samplePlan, model: { ...model, topology }, training: { ...training, metrics } };
    };
    expect(basesToReport(planWith(undefined, "accuracy"))).toEqual([]);
    expect(basesToReport(planWith(10, "f1", "recall", "auc"))).toEqual([
      { name: "confusion", width: 10, length: 100 },
      { name: "scores", width: 10, length: 2_560 },
    ]);
    expect(() => basesToReport(planWith(undefined, "f1"))).toThrow(/does not state it/);
    expect(() => basesToReport(planWith(65, "f1"))).toThrow(/65 classes.*4225 values.*4096/);
  });
});
