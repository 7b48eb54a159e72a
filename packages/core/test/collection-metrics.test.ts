import { describe, expect, it } from "vitest";

import { MetricClaims } from "../src/collection/metric-claims.ts";

import type { MeasureName } from "@tributary/protocol";

type Reports = readonly (readonly [exampleCount: number, values: readonly number[]])[];

function sumsOf(names: readonly MeasureName[], reports: Reports): MetricClaims {
  const sums = new MetricClaims(names);
  for (const [exampleCount, values] of reports) {
    sums.add(
      exampleCount,
      exampleCount,
      values.map((value, index) => ({ name: names[index]!, value })),
    );
  }
  return sums;
}

const meansOf = (names: readonly MeasureName[], reports: Reports): Record<string, number> =>
  sumsOf(names, reports).means();

describe("the means of a round's metrics", () => {
  it("are weighted by examples, whatever the order of the metrics in a report", () => {
    const sums = new MetricClaims(["loss", "accuracy"]);
    const add = (exampleCount: number, loss: number, accuracy: number): void =>
      sums.add(exampleCount, exampleCount, [
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
        [2, [5e-6]],
      ],
    );
    expect(Math.abs(loss! - 13.21e-6 / 3)).toBeLessThan(1e-12);
  });

  it("hold every claim to the range of its measure", () => {
    const claims = [[9, [-5, 7]]] as const;
    expect(meansOf(["loss", "accuracy"], claims)).toEqual({ loss: 0, accuracy: 1 });
    expect(meansOf(["loss", "meanAbsoluteError"], [[2 ** 20, [1e300, 1e300]]])).toEqual({
      loss: 2 ** 16,
      meanAbsoluteError: 2 ** 16,
    });
  });

  it.each([3, 4, 10, 25])("of %i reports are what the others say, whatever one claims", (count) => {
    const honest = Array.from({ length: count - 1 }, () => [50, [0.2]] as const);
    expect(meansOf(["accuracy"], [...honest, [1_000, [1]]])).toEqual({ accuracy: 0.2 });
  });

  it("are those of all reports if there are one or two: nobody says which of two is right", () => {
    expect(meansOf(["accuracy"], [[50, [0.5]]])).toEqual({ accuracy: 0.5 });
    expect(
      meansOf(
        ["accuracy"],
        [
          [50, [0.5]],
          [50, [1]],
        ],
      ),
    ).toEqual({ accuracy: 0.75 });
  });

  it("leave out the lowest and the highest tenth of the reports, rounded up", () => {
    const claims = Array.from({ length: 11 }, (_, i) => [1, [i]] as const);
    expect(meansOf(["loss"], claims)).toEqual({ loss: 5 });
    const skewed = claims.map(([count, [value]]) => [count, [value < 9 ? value : 60_000]] as const);
    expect(meansOf(["loss"], skewed)).toEqual({ loss: 5 });
    const three = [0, 3, 50].map((value) => [1, [value]] as const);
    expect(meansOf(["loss"], three)).toEqual({ loss: 3 });
  });

  it("do not depend on the order of the reports", () => {
    const claims = Array.from(
      { length: 40 },
      (_, i) => [1 + (i % 7), [Math.sin(i % 9) ** 2]] as const,
    );
    expect(meansOf(["loss"], claims.toReversed())).toEqual(meansOf(["loss"], claims));
  });
});
