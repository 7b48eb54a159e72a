import type { MetricBasis, MetricName, Plan } from "@tributary/protocol";
import { describe, expect, it } from "vitest";
import { EvaluationCollection } from "../src/collection/evaluation-collection.ts";
import { ExactTotal } from "../src/aggregation/exact-total.ts";
import { percentilesOf } from "../src/collection/metric-detail.ts";
import { checkReportHeader, type Report } from "../src/collection/report.ts";
import { RoundMeasures } from "../src/collection/round-measures.ts";

/** As much of a plan as measures are made from: a dense layer of some outputs. */
function planFor(outputs: number, loss: Plan["training"]["loss"], ...metrics: MetricName[]): Plan {
  const layers = [{ class_name: "Dense", config: { units: outputs } }];
  const topology = { class_name: "Sequential", config: { layers } };
  return { model: { topology }, training: { loss, metrics } } as unknown as Plan;
}

const reportOf = (
  exampleCount: number,
  name: string,
  values: readonly number[],
): Omit<Report, "payload"> => ({
  exampleCount,
  metrics: [{ name: "loss", value: 1 }],
  bases: [{ name, values }],
});

describe("metrics that are computed from sums", () => {
  const plan = planFor(2, "categoricalCrossentropy", "f1", "recall");
  const reports = [
    reportOf(4, "confusion", [3, 1, 0, 0]),
    reportOf(6, "confusion", [0, 0, 4, 2]),
    reportOf(5, "confusion", [2, 0, 1, 2]),
  ];

  it("are those of all examples together, whatever the order of the reports", () => {
    for (const order of [reports, reports.toReversed()]) {
      const measures = new RoundMeasures(plan, false);
      for (const report of order) measures.add(report, report.exampleCount);
      const { metrics, detail } = measures.result();
      expect(detail.confusion).toEqual([
        [5, 1],
        [5, 4],
      ]);
      expect(metrics).toEqual({
        loss: 1,
        f1: (10 / 16 + 8 / 14) / 2,
        recall: (5 / 6 + 4 / 9) / 2,
      });
      expect(detail.classes?.[1]).toMatchObject({ precision: 0.8, support: 9 });
      expect(detail.percentiles).toBeUndefined();
    }
  });

  it("are empty before the first report", () => {
    expect(new RoundMeasures(plan, true).result()).toEqual({ metrics: {}, detail: {} });
  });

  it("let a report count for no more than the examples it was capped at", () => {
    const measures = new RoundMeasures(plan, false);
    measures.add(reportOf(10, "confusion", [0, 0, 0, 10]), 10);
    // A claim of a billion answers to a hundred examples, of which ten count.
    measures.add(reportOf(100, "confusion", [0, 1e9, 0, 0]), 10);
    expect(measures.result().detail.confusion).toEqual([
      [0, 10],
      [0, 10],
    ]);
  });

  it("count a report without answers for nothing", () => {
    const measures = new RoundMeasures(plan, false);
    measures.add(reportOf(3, "confusion", [0, 0, 0, 0]), 3);
    expect(measures.result().metrics).toEqual({ loss: 1, f1: 0, recall: 0 });
  });

  it("are R² of all labels together, which is no mean of the clients' R²", () => {
    const regression = planFor(1, "meanSquaredError", "rSquared", "rootMeanSquaredError");
    const measures = new RoundMeasures(regression, false);
    // Labels 3, −0.5 and 2, 7 with the outputs 2.5, 0 and 2, 8.
    measures.add(reportOf(2, "residuals", [2, 2.5, 9.25, 0.5]), 2);
    measures.add(reportOf(2, "residuals", [2, 9, 53, 1]), 2);
    expect(measures.result().metrics["rSquared"]).toBeCloseTo(0.948608137, 9);
    expect(measures.result().metrics["rootMeanSquaredError"]).toBeCloseTo(Math.sqrt(0.375), 15);
  });
});

describe("the bases of a report", () => {
  const collection = new EvaluationCollection(planFor(2, "categoricalCrossentropy", "f1"), {
    weighting: "examples",
    maximumExamples: 1_000,
  });
  const form = collection.begin();
  const check = (...bases: MetricBasis[]): void =>
    checkReportHeader(
      { ...{ exampleCount: 1, codec: "", updateBytes: 0, bases }, ...form1 },
      form,
      1,
    );
  const form1 = { metrics: [{ name: "loss", value: 1 }] };

  it("are those of the plan", () => {
    expect(() => check({ name: "confusion", values: [0, 0, 0, 1] })).not.toThrow();
  });

  it.each([
    [],
    [{ name: "scores", values: [0, 0, 0, 1] }],
    [{ name: "confusion", values: [0, 0, 1] }],
    [{ name: "confusion", values: [0, 0, 0, Number.NaN] }],
    [{ name: "confusion", values: [0, 0, 0, Infinity] }],
    [{ name: "confusion", values: [0, 0, 0, -1] }],
    [
      { name: "confusion", values: [0, 0, 0, 1] },
      { name: "confusion", values: [0, 0, 0, 1] },
    ],
  ] as MetricBasis[][])("are refused when they are others: %j %j", (...bases) => {
    expect(() => check(...bases)).toThrow(expect.objectContaining({ code: "METRICS_INVALID" }));
  });
});

describe("percentiles over members", () => {
  const measuresOf = (count: number): RoundMeasures => {
    const measures = new RoundMeasures(planFor(2, "categoricalCrossentropy", "f1"), true);
    for (let i = count; i >= 1; i--) {
      const report = reportOf(2, "confusion", i === 1 ? [0, 1, 1, 0] : [1, 0, 0, 1]);
      measures.add({ ...report, metrics: [{ name: "loss", value: i }] }, 2);
    }
    return measures;
  };

  it("are those of every measure, by the nearest rank, from 50 reports on", () => {
    expect(measuresOf(49).result().detail.percentiles).toBeUndefined();
    expect(measuresOf(50).result().detail.percentiles).toEqual({
      loss: { p10: 5, p25: 13, p50: 25, p75: 38, p90: 45 },
      f1: { p10: 1, p25: 1, p50: 1, p75: 1, p90: 1 },
    });
  });

  it("of one value are that value", () => {
    expect(percentilesOf([3])).toEqual({ p10: 3, p25: 3, p50: 3, p75: 3, p90: 3 });
  });
});

describe("an exact total", () => {
  it("is the exact sum, rounded once, whatever the order", () => {
    const totalOf = (values: readonly number[]): number => {
      const total = new ExactTotal();
      for (const value of values) total.add(value);
      return total.value;
    };
    expect(totalOf([])).toBe(0);
    expect(totalOf([1, 1e100, 1, -1e100])).toBe(2);
    expect(totalOf(new Array<number>(10).fill(0.1))).toBe(1);
    // Half a unit is rounded to even, unless something lies beyond it.
    expect(totalOf([1, 2 ** -53])).toBe(1);
    expect(totalOf([1, 2 ** -53, 2 ** -120])).toBe(1 + 2 ** -52);
    const values = Array.from(
      { length: 200 },
      (_, i) => ((i * 7919) % 1013) * 10 ** ((i % 31) - 15),
    );
    expect(totalOf(values.toReversed())).toBe(totalOf(values));
    expect(totalOf([...values, ...values.map((value) => -value)])).toBe(0);
  });
});
