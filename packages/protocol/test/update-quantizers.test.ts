import { describe, expect, it } from "vitest";
import { HALF_CENTROIDS, NORMAL_STEPS } from "../src/update/normal-quantizers.generated.ts";

const density = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);

/** ∫ f by Simpson's rule, up to 12 where the density is 1e-32. */
function integral(f: (x: number) => number, from: number, to: number): number {
  const end = Math.min(to, 12);
  const pieces = 4_000;
  const width = (end - from) / pieces;
  let sum = f(from) + f(end);
  for (let i = 1; i < pieces; i++) sum += (i % 2 === 1 ? 4 : 2) * f(from + i * width);
  return (sum * width) / 3;
}

/** Half-cells: from where, to where. */
function cells(centroids: readonly number[]): readonly (readonly [number, number])[] {
  const borders = centroids.slice(1).map((value, i) => (value + centroids[i]!) / 2);
  return centroids.map((_, i) => [borders[i - 1] ?? 0, borders[i] ?? Infinity] as const);
}

describe.each([
  [1, 0.36338],
  [2, 0.117482],
  [3, 0.034548],
  [4, 0.009501],
  [8, 4.127e-5],
] as const)("the %i-bit quantizer of a normal variable", (bits, distortion) => {
  const centroids = HALF_CENTROIDS[bits];

  it("has the mean of its cell for each value", () => {
    expect(centroids).toHaveLength(2 ** (bits - 1));
    cells(centroids).forEach(([from, to], i) => {
      const mass = integral(density, from, to);
      const mean = integral((x) => x * density(x), from, to) / mass;
      expect(Math.abs(mean - centroids[i]!)).toBeLessThan(1e-8);
    });
  });

  it("has the distortion that is known for it", () => {
    const sum = cells(centroids).reduce((total, [from, to], i) => {
      return total + 2 * integral((x) => (x - centroids[i]!) ** 2 * density(x), from, to);
    }, 0);
    expect(Math.abs(sum / distortion - 1)).toBeLessThan(0.003);
  });
});

it.each([1, 2, 3, 4] as const)("the levels of the %i-bit steps have that entropy", (bits) => {
  const { step, frequencies } = NORMAL_STEPS[bits];
  const [zero = 0, ...others] = frequencies;
  const all = [...others.slice().reverse(), zero, ...others];
  expect(all.reduce((sum, one) => sum + one, 0)).toBe(4_096);
  let entropy = 0;
  let cost = 0;
  all.forEach((frequency, i) => {
    const level = i - others.length;
    const outermost = Math.abs(level) === others.length ? Infinity : 0;
    const low = (Math.abs(level) - 0.5) * step;
    const share = integral(density, low, Math.max(low + step, outermost));
    entropy -= share * Math.log2(share);
    cost -= share * Math.log2(frequency / 4_096);
  });
  expect(entropy).toBeCloseTo(bits, 2);
  // Frequencies of twelve bits cost next to nothing.
  expect(cost - entropy).toBeLessThan(0.01);
});
