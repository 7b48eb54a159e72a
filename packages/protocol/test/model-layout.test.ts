import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { layoutOf } from "../src/model/parameter-layout.ts";
import { layerNames, trainableRanges } from "../src/model/trainable-ranges.ts";
import { gatherRanges, rangesSize } from "../src/model/value-ranges.ts";
import { errorOf } from "./expect-error.ts";

const layout = layoutOf([
  { name: "conv/kernel", shape: [3, 3, 1, 2] },
  { name: "conv/bias", shape: [2] },
  { name: "norm/gamma", shape: [2] },
  { name: "out/kernel", shape: [8, 2] },
  { name: "out/bias", shape: [] },
]);

describe("layoutOf", () => {
  it("puts each parameter where the one before it ends", () => {
    expect(layout.parameters.map(({ offset, size }) => [offset, size])).toEqual([
      [0, 18],
      [18, 2],
      [20, 2],
      [22, 16],
      [38, 1],
    ]);
    expect(layout.size).toBe(39);
  });

  it.each<[string, { name: string; shape: number[] }[], string]>([
    ["no parameters", [], "no parameters"],
    [
      "a name twice",
      [
        { name: "a", shape: [1] },
        { name: "a", shape: [2] },
      ],
      "two parameters",
    ],
    ["an empty dimension", [{ name: "a", shape: [2, 0] }], "dimension 0"],
    ["a broken dimension", [{ name: "a", shape: [1.5] }], "dimension 1.5"],
    ["a product past the exact integers", [{ name: "a", shape: [2 ** 40, 2 ** 40] }], "too many"],
    [
      "a sum past the limit",
      [
        { name: "a", shape: [60e6] },
        { name: "b", shape: [60e6] },
      ],
      "too many",
    ],
  ])("refuses %s", (_, parameters, text) => {
    expect(errorOf(() => layoutOf(parameters), "MODEL_UNSUPPORTED").message).toContain(text);
  });

  it("accepts a lower limit from its caller", () => {
    expect(layoutOf([{ name: "a", shape: [10] }], 10).size).toBe(10);
    errorOf(() => layoutOf([{ name: "a", shape: [11] }], 10), "MODEL_UNSUPPORTED");
  });
});

describe("trainableRanges", () => {
  it("covers all values when the plan trains `all`", () => {
    expect(trainableRanges(layout, "all")).toEqual([{ offset: 0, length: 39 }]);
  });

  it("merges neighbouring parameters and keeps the model's order", () => {
    expect(trainableRanges(layout, ["out", "conv"])).toEqual([
      { offset: 0, length: 20 },
      { offset: 22, length: 17 },
    ]);
    expect(trainableRanges(layout, ["norm", "conv", "conv"])).toEqual([{ offset: 0, length: 22 }]);
  });

  it("accepts a layer inside another layer, and both together", () => {
    const nested = layoutOf([
      { name: "rnn/cell/kernel", shape: [2] },
      { name: "rnn/other/kernel", shape: [3] },
    ]);
    expect(trainableRanges(nested, ["rnn/cell"])).toEqual([{ offset: 0, length: 2 }]);
    expect(trainableRanges(nested, ["rnn", "rnn/cell"])).toEqual([{ offset: 0, length: 5 }]);
  });

  it("refuses a name that is only the beginning of a layer's, and lists the model's layers", () => {
    const error = errorOf(() => trainableRanges(layout, ["out", "con"]), "PLAN_INVALID");
    expect(error.message).toContain('"con"');
    expect(error.message).toContain("conv, norm, out");
    errorOf(() => trainableRanges(layout, []), "PLAN_INVALID");
    expect(layerNames(layout)).toEqual(["conv", "norm", "out"]);
  });
});

describe("gatherRanges", () => {
  const values = Float32Array.from({ length: 39 }, (_, index) => index);

  it("gives a view when one range covers everything", () => {
    const gathered = gatherRanges(values, trainableRanges(layout, "all"));
    expect(gathered.buffer).toBe(values.buffer);
    expect(gathered).toEqual(values);
  });

  it("copies the chosen values in order when there are several ranges", () => {
    const ranges = trainableRanges(layout, ["norm", "out"]);
    expect([...gatherRanges(values, ranges)]).toEqual([...values].slice(20));
    expect([
      ...gatherRanges(values, [
        { offset: 3, length: 2 },
        { offset: 9, length: 1 },
      ]),
    ]).toEqual([3, 4, 9]);
  });

  it("picks exactly the values of any choice of layers", () => {
    fc.assert(
      fc.property(fc.subarray(["conv", "norm", "out"], { minLength: 1 }), (chosen) => {
        const ranges = trainableRanges(layout, chosen);
        const expected = layout.parameters
          .filter(({ name }) => chosen.some((layer) => name.startsWith(`${layer}/`)))
          .flatMap(({ offset, size }) => [...values.subarray(offset, offset + size)]);
        expect([...gatherRanges(values, ranges)]).toEqual(expected);
        expect(rangesSize(ranges)).toBe(expected.length);
      }),
    );
  });
});
