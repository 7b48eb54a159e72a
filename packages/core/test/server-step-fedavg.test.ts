import { xoshiro128, type ValueRange } from "@tributary/protocol";
import { describe, expect, it } from "vitest";

import type { CombinedUpdate } from "../src/aggregation/aggregation-rule.ts";
import { ExactAccumulator } from "../src/aggregation/exact-accumulator.ts";
import { fedAvg } from "../src/server-step/fedavg.ts";
import { optimizerStep } from "../src/server-step/optimizer-step.ts";

function uniform(seed: number): () => number {
  const words = xoshiro128(new Uint8Array(16).fill(seed));
  return () => words() / 2 ** 31 - 1;
}

function vector(length: number, random: () => number): Float32Array {
  return Float32Array.from({ length }, random);
}

function accumulate(
  dimension: number,
  reports: readonly { readonly update: Float32Array; readonly weight: number }[],
): CombinedUpdate {
  const accumulator = new ExactAccumulator(dimension);
  for (const { update, weight } of reports) {
    const contribution =
      weight * update.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    accumulator.reserve(contribution);
    accumulator.add(update, 0, weight, contribution);
  }
  return { sums: accumulator, weight: reports.reduce((sum, { weight }) => sum + weight, 0) };
}

const yieldTurn = (): Promise<void> => Promise.resolve();

async function fedAvgStep(
  weights: Float32Array,
  ranges: readonly ValueRange[],
  update: CombinedUpdate,
  learningRate: number,
): Promise<Float32Array> {
  const optimizer = fedAvg({ name: "fedavg", learningRate });
  return (await optimizerStep(optimizer, { weights }, ranges, update, yieldTurn)).weights;
}

describe("the FedAvg step", () => {
  const random = uniform(9);
  const weights = vector(500, random);
  const reports = [3, 20, 100, 1].map((weight) => ({ update: vector(500, random), weight }));
  const total = 124;

  it("adds the mean update, weighted by examples", async () => {
    const next = await fedAvgStep(
      weights,
      [{ offset: 0, length: 500 }],
      accumulate(500, reports),
      1,
    );
    next.forEach((value, i) => {
      const mean =
        reports.reduce((sum, { update, weight }) => sum + weight * update[i]!, 0) / total;
      // The step computes in float64 and rounds to float32 once, at the end. The accumulator adds
      // an error of at most 2⁻³² for each report.
      expect(Math.abs(value - (weights[i]! + mean))).toBeLessThan(2 ** -23);
    });
  });

  it("multiplies the mean by the server's learning rate", async () => {
    const range = [{ offset: 0, length: 500 }];
    const half = await fedAvgStep(weights, range, accumulate(500, reports), 0.5);
    const whole = await fedAvgStep(weights, range, accumulate(500, reports), 1);
    half.forEach((value, i) => {
      expect(Math.abs(value - (weights[i]! + whole[i]!) / 2)).toBeLessThan(2 ** -23);
    });
  });

  it("changes no bit of a frozen parameter, and changes each trained one at its own place", async () => {
    const ranges = [
      { offset: 10, length: 5 },
      { offset: 40, length: 1 },
      { offset: 41, length: 9 },
      { offset: 499, length: 1 },
    ];
    const update = Float32Array.from({ length: 16 }, (_, i) => i + 1);
    // A frozen value of −0 would become 0 if it took part in the arithmetic.
    const base = weights.slice();
    base[0] = -0;
    const next = await fedAvgStep(base, ranges, accumulate(16, [{ update, weight: 2 }]), 1);
    const bits = (values: Float32Array) => new Uint32Array(values.buffer);
    let k = 0;
    for (let i = 0; i < 500; i++) {
      const trained = ranges.some(({ offset, length }) => i >= offset && i < offset + length);
      if (trained) expect(next[i]).toBe(Math.fround(base[i]! + update[k++]!));
      else expect(bits(next)[i]).toBe(bits(base)[i]);
    }
    expect(k).toBe(16);
  });

  it("does not modify the weights that it is given", async () => {
    const before = weights.slice();
    await fedAvgStep(weights, [{ offset: 0, length: 500 }], accumulate(500, reports), 1);
    expect(weights).toEqual(before);
  });
});
