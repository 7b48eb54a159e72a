import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededRandom, shuffledIndices, type RandomSource } from "../src/index.ts";
import { createNodeCryptoProvider } from "../src/crypto/node-crypto.ts";

const crypto = createNodeCryptoProvider();
const testRandom = (seed: number): RandomSource => seededRandom(crypto, seed);

describe("shuffledIndices", () => {
  it("gives every index once, and the same order for the same seed", () => {
    fc.assert(
      fc.property(fc.nat({ max: 200 }), fc.nat(), (count, seed) => {
        const order = shuffledIndices(count, testRandom(seed));
        expect([...order].sort((a, b) => a - b)).toEqual([...Array(count).keys()]);
        expect(shuffledIndices(count, testRandom(seed))).toEqual(order);
      }),
    );
  });

  it("puts every index into every place about equally often", () => {
    const random = testRandom(1);
    const counts = Array.from({ length: 5 }, () => Array<number>(5).fill(0));
    for (let i = 0; i < 5_000; i++) {
      shuffledIndices(5, random).forEach((index, place) => {
        counts[index]![place]! += 1;
      });
    }
    // A binomial count of 5,000 draws with probability 1/5 has a standard deviation of 28. Six of
    // them are allowed.
    for (const count of counts.flat()) expect(Math.abs(count - 1_000)).toBeLessThan(170);
  });
});
