import { describe, expect, it } from "vitest";
import { drawDirichlet, drawLogGamma } from "../src/random/gamma.ts";
import { randomStream } from "../src/random/random-stream.ts";
import { testRandom } from "./support.ts";

describe("drawLogGamma", () => {
  it.each([0.3, 1, 2.5, 40])("has the mean and the variance of the shape %d", (shape) => {
    const stream = randomStream(testRandom(1));
    const drawn = Array.from({ length: 20_000 }, () => Math.exp(drawLogGamma(shape, stream)));
    const mean = drawn.reduce((sum, value) => sum + value, 0) / drawn.length;
    const variance = drawn.reduce((sum, value) => sum + (value - mean) ** 2, 0) / drawn.length;
    // Both are equal to the shape.
    expect(Math.abs(mean / shape - 1)).toBeLessThan(5 / Math.sqrt(20_000 * shape));
    expect(Math.abs(variance / shape - 1)).toBeLessThan(0.12);
  });
});

describe("drawDirichlet", () => {
  it("draws shares that add up to 1, even with a concentration at which nearly all of them vanish", () => {
    const stream = randomStream(testRandom(2));
    const shares = new Float64Array(100);
    drawDirichlet(new Float64Array(100).fill(1e-5), shares, stream);
    expect(shares.reduce((sum, share) => sum + share)).toBeCloseTo(1, 12);
    expect(Math.max(...shares)).toBeGreaterThan(0.99);
  });

  it("gives shares in proportion to their concentrations, and none for a concentration of 0", () => {
    const stream = randomStream(testRandom(3));
    const shares = new Float64Array(3);
    const sums = [0, 0, 0];
    for (let draw = 0; draw < 5_000; draw++) {
      drawDirichlet([1, 0, 3], shares, stream);
      shares.forEach((share, i) => (sums[i]! += share / 5_000));
    }
    expect(sums[0]).toBeCloseTo(0.25, 1);
    expect(sums[1]).toBe(0);
    expect(sums[2]).toBeCloseTo(0.75, 1);
  });
});
