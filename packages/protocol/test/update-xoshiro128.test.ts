import { describe, expect, it } from "vitest";
import { xoshiro128 } from "../src/random/xoshiro128.ts";

const seedOf = (...words: [number, number, number, number]): Uint8Array =>
  new Uint8Array(Uint32Array.from(words).buffer);

describe("xoshiro128**", () => {
  it("gives the outputs of the reference implementation for the state 1, 2, 3, 4", () => {
    // From the tests of rand_xoshiro, which had them from xoshiro128starstar.c, version 1.1.
    const next = xoshiro128(seedOf(1, 2, 3, 4));
    expect(Array.from({ length: 10 }, next)).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597,
      4258142804,
    ]);
  });

  it("reads its seed from any alignment", () => {
    const shifted = new Uint8Array(17);
    shifted.set(seedOf(1, 2, 3, 4), 1);
    expect(xoshiro128(shifted.subarray(1))()).toBe(11520);
  });

  it("does not stand still for a seed of zeros", () => {
    const next = xoshiro128(new Uint8Array(16));
    expect(new Set(Array.from({ length: 100 }, next)).size).toBeGreaterThan(90);
  });

  it("spreads its outputs evenly", () => {
    const next = xoshiro128(seedOf(0x9e3779b9, 0x243f6a88, 0xb7e15162, 0x71374491));
    const draws = 256_000;
    const counts = new Array<number>(256).fill(0);
    for (let i = 0; i < draws; i++) {
      const top = next() >>> 24;
      counts[top] = (counts[top] ?? 0) + 1;
    }
    const expected = draws / 256;
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // 255 degrees of freedom: mean 255, standard deviation 22.6.
    expect(chiSquare).toBeGreaterThan(255 - 5 * 22.6);
    expect(chiSquare).toBeLessThan(255 + 5 * 22.6);
  });
});
