import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { modelParts } from "../src/model/model-parts.ts";
import {
  checkStatistics,
  normalizedChannels,
  settleStatistics,
  splitStatistics,
  withStatistics,
} from "../src/model/moving-statistics.ts";
import { layoutOf } from "../src/model/parameter-layout.ts";
import { featuresOf } from "../src/plan/plan-features.ts";
import { planOf } from "../src/plan/plan-of.ts";
import { parseTask } from "../src/plan/parse-task.ts";
import { errorOf } from "./expect-error.ts";

const normalization = (name: string, momentum?: number): object => ({
  class_name: "BatchNormalization",
  config: { name, ...(momentum === undefined ? {} : { momentum }) },
});
const dense = (name: string): object => ({ class_name: "Dense", config: { name } });

/** Statistics come last here, as tfjs writes them. */
const topology: object = {
  class_name: "Sequential",
  config: { layers: [normalization("first", 0.9), dense("out"), normalization("last")] },
};
const parameters = [
  { name: "first/gamma", shape: [2] },
  { name: "first/beta", shape: [2] },
  { name: "out/kernel", shape: [2, 3] },
  { name: "last/gamma", shape: [3] },
  { name: "first/moving_mean", shape: [2] },
  { name: "first/moving_variance", shape: [2] },
  { name: "last/moving_mean", shape: [3] },
  { name: "last/moving_variance", shape: [3] },
];
const layout = layoutOf(parameters);
const partsOf = (terms: Parameters<typeof modelParts>[2]) => modelParts(layout, topology, terms);
const range = (offset: number, length: number) => ({ offset, length });

describe("the parts of a model", () => {
  it("are one without batch normalisation, or where the plan says nothing of it", () => {
    expect(partsOf({ trainable: "all" })).toEqual({
      ...{ updated: [range(0, 23)], normalized: [], statistics: [], local: [] },
    });
    const plain = modelParts(layout, dense("out"), {
      trainable: "all",
      batchNormalization: "pooled",
    });
    expect([plain.updated, plain.statistics]).toEqual([[range(0, 23)], []]);
  });

  it("take statistics out of the update where they are pooled: all means, then all variances", () => {
    const parts = partsOf({ trainable: "all", batchNormalization: "pooled" });
    expect(parts.updated).toEqual([range(0, 13)]);
    expect(parts.statistics).toEqual([range(13, 2), range(17, 3), range(15, 2), range(20, 3)]);
    expect(parts.local).toEqual([]);
    expect(parts.normalized.map(({ momentum }) => momentum)).toEqual([0.9, 0.99]);
  });

  it("leave all parameters of the layers to the client where they are local", () => {
    const parts = partsOf({ trainable: "all", batchNormalization: "local" });
    expect(parts.updated).toEqual([range(4, 6)]);
    expect(parts.statistics).toEqual([]);
    const count = parts.local.reduce((sum, { length }) => sum + length, 0);
    expect(count).toBe(23 - 6);
  });

  it("are not concerned with layers that the plan does not train", () => {
    const parts = partsOf({ trainable: ["out", "last"], batchNormalization: "pooled" });
    expect(parts.updated).toEqual([range(4, 9)]);
    expect(parts.statistics).toEqual([range(17, 3), range(20, 3)]);
  });

  it("are refused when nothing is left for an update", () => {
    const terms = { trainable: ["first"], batchNormalization: "local" } as const;
    expect(errorOf(() => partsOf(terms), "PLAN_INVALID").message).toContain("trains nothing");
  });

  it("are found within models and wrappers, whatever the prefix of a parameter's name", () => {
    const inner = {
      class_name: "Functional",
      config: { name: "inner", layers: [normalization("bn")] },
    };
    const nested = {
      class_name: "Sequential",
      config: [{ class_name: "X", config: { layer: inner } }],
    };
    const found = normalizedChannels(
      nested,
      layoutOf([
        { name: "inner/bn/moving_mean", shape: [4] },
        { name: "inner/bn/moving_variance", shape: [4] },
        { name: "bnx/moving_mean", shape: [4] },
      ]),
    );
    expect(found.map(({ statistics }) => statistics)).toEqual([[range(0, 4), range(4, 4)]]);
  });
});

describe("a plan", () => {
  const task = (plan: object) =>
    parseTask({ population: "p", name: "n", model: { path: "model.json" }, plan });
  const trainingOf = (plan: object, model = { topology, parameters }) =>
    planOf(task(plan), model).training;

  it("names the way of batch normalisation only where the model trains some", () => {
    expect(trainingOf({}).batchNormalization).toBe("pooled");
    expect(trainingOf({ batchNormalization: "local" }).batchNormalization).toBe("local");
    for (const training of [
      trainingOf({ batchNormalization: "averaged" }),
      trainingOf({ trainable: ["out"] }),
      trainingOf({}, { topology: dense("out"), parameters }),
    ]) {
      expect(Object.keys(training)).not.toContain("batchNormalization");
    }
  });

  it("uses a feature then, which older clients are told that they lack", () => {
    const used = (plan: object) =>
      featuresOf(planOf(task(plan), { topology, parameters })).map(({ name }) => name);
    expect(used({})).toContain("batch-normalization");
    expect(used({ batchNormalization: "averaged" })).toEqual([]);
  });
});

describe("the statistics of a training", () => {
  const { normalized } = partsOf({ trainable: "all", batchNormalization: "pooled" });

  it("are those of the client's examples alone, however little its steps have moved them", () => {
    fc.assert(
      fc.property(
        fc.record({
          steps: fc.integer({ min: 1, max: 50 }),
          mean: fc.double({ min: -5_000, max: 5_000, noNaN: true }),
          variance: fc.double({ min: 0.01, max: 1e6, noNaN: true }),
        }),
        ({ steps, mean, variance }) => {
          const before = Float32Array.from({ length: 23 }, (_, i) => i);
          const trained = before.slice();
          for (const { statistics, momentum } of normalized) {
            // The layer sees batches of the same mean and variance in every step.
            [mean, variance].forEach((value, which) => {
              const { offset, length } = statistics[which]!;
              for (let i = offset; i < offset + length; i++) {
                const kept = momentum ** steps;
                trained[i] = kept * before[i]! + (1 - kept) * value;
              }
            });
          }
          settleStatistics(trained, before, normalized, steps);
          const close = (actual: number, expected: number): void =>
            expect(Math.abs(actual - expected)).toBeLessThan(1e-3 + 2e-5 * Math.abs(expected));
          for (const { statistics } of normalized) {
            close(trained[statistics[0].offset]!, mean);
            close(trained[statistics[1].offset]!, variance);
          }
          expect(trained.subarray(0, 13)).toEqual(before.subarray(0, 13));
        },
      ),
      { numRuns: 200, seed: 3 },
    );
  });

  it("stay what they are when no step was taken", () => {
    const before = Float32Array.from({ length: 23 }, (_, i) => i);
    const trained = before.slice();
    settleStatistics(trained, before, normalized, 0);
    expect(trained).toEqual(before);
  });
});

describe("statistics behind a payload", () => {
  it("come back as they were, from bytes of any alignment", () => {
    const statistics = Float32Array.of(1.5, -2, 3, 0);
    const whole = withStatistics(Uint8Array.of(1, 2, 3), statistics);
    const { head, statistics: back } = splitStatistics(whole, 4);
    expect([...head]).toEqual([1, 2, 3]);
    expect(back).toEqual(statistics);
    errorOf(() => splitStatistics(whole, 5), "UPDATE_SHAPE");
    const nothing = Uint8Array.of(7);
    expect(withStatistics(nothing, new Float32Array(0))).toBe(nothing);
  });

  it("are refused when they are not finite, negative variances, or too large to be pooled", () => {
    checkStatistics(Float32Array.of(-(2 ** 62), 0, 2 ** 124, 0));
    for (const [values, code] of [
      [[NaN, 1], "UPDATE_NOT_FINITE"],
      [[0, Infinity], "UPDATE_NOT_FINITE"],
      [[0, -1e-30], "UPDATE_MALFORMED"],
      [[2 ** 63, 1], "UPDATE_OUT_OF_RANGE"],
      [[0, 2 ** 125], "UPDATE_OUT_OF_RANGE"],
    ] as const) {
      errorOf(() => checkStatistics(Float32Array.from(values)), code);
    }
  });
});
