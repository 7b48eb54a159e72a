import { describe, expect, it } from "vitest";

import { MetricTotals } from "../src/collection/metric-totals.ts";

type Reports = readonly (readonly [exampleCount: number, values: readonly number[]])[];

function sumsOf(names: readonly string[], reports: Reports): MetricTotals {
  const sums = new MetricTotals(names);
  for (const [exampleCount, values] of reports) {
    sums.add(
      exampleCount,
      values.map((value, index) => ({ name: names[index]!, value })),
    );
  }
  return sums;
}

const meansOf = (names: readonly string[], reports: Reports): Record<string, number> =>
  sumsOf(names, reports).means();

describe("the means of a round's metrics", () => {
  it("are weighted by examples, whatever the order of the metrics in a report", () => {
    const sums = new MetricTotals(["loss", "accuracy"]);
    const add = (exampleCount: number, loss: number, accuracy: number): void =>
      sums.add(exampleCount, [
        { name: "accuracy", value: accuracy },
        { name: "loss", value: loss },
      ]);
    add(30, 0.5, 1);
    add(10, 2.5, 0);
    expect(sums.means()).toEqual({ loss: 1, accuracy: 0.75 });
    expect([sums.reportCount, sums.exampleCount]).toEqual([2, 40]);
  });

  it("are empty before the first report", () => {
    expect(meansOf(["loss"], [])).toEqual({});
  });

  it("reach a target exactly when every client has reached it", () => {
    for (const target of [0.9, 0.97, 0.99, 1 / 3]) {
      for (const count of [1_000, 30_000, 999_900]) {
        const right = Math.ceil(target * count);
        const { accuracy } = meansOf(
          ["accuracy"],
          [
            [count, [right / count]],
            [count, [right / count]],
          ],
        );
        expect(accuracy).toBe(right / count);
      }
    }
  });

  it("are precise for small losses over few examples", () => {
    const { loss } = meansOf(
      ["loss"],
      [
        [1, [3.21e-6]],
        [1, [1.23e-6]],
        [2, [5e-6]],
      ],
    );
    expect(Math.abs(loss! - 3.61e-6)).toBeLessThan(1e-8);
  });

  it("are correct with the most examples, the largest values and the largest cohort", () => {
    const sums = sumsOf(
      ["loss", "gain", "accuracy"],
      Array.from({ length: 16_384 }, () => [2 ** 20, [1e300, -1e300, 1]] as const),
    );
    // A value outside the range of the sums is brought to the end of that range.
    expect(sums.means()).toEqual({ loss: 2 ** 16, gain: -(2 ** 16), accuracy: 1 });
  });
});
