import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Examples } from "@tributary/client-sdk";
import { partitionByShards, partitionIid } from "../src/index.ts";
import { testRandom } from "./support.ts";

/** Examples whose one feature is their index. */
function numbered(count: number, classes: number): Examples {
  return {
    features: Float32Array.from({ length: count }, (_, index) => index),
    featureShape: [1],
    labels: Int32Array.from({ length: count }, (_, index) => (index * 7) % classes),
    labelShape: [],
    count,
  };
}

const sizes = fc
  .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 0, max: 60 }), fc.nat())
  .map(([clients, more, seed]) => ({ clients, count: 2 * clients + more, seed }));

describe.each([
  ["partitionIid", partitionIid],
  ["partitionByShards", partitionByShards],
])("%s", (_, partition) => {
  it("gives every example to exactly one client, with its label", () => {
    fc.assert(
      fc.property(sizes, ({ clients, count, seed }) => {
        const examples = numbered(count, 3);
        const parts = partition(examples, clients, testRandom(seed));
        expect(parts).toHaveLength(clients);
        const all = parts.flatMap((part) => [...part.features]).sort((a, b) => a - b);
        expect(all).toEqual([...examples.features]);
        for (const { features, labels, count: size } of parts) {
          expect(features).toHaveLength(size);
          features.forEach((index, row) => expect(labels[row]).toBe(examples.labels[index]));
        }
      }),
    );
  });

  it("divides in the same way with the same seed, and in another way with another seed", () => {
    const examples = numbered(100, 10);
    const deal = (seed: number): Examples[] => partition(examples, 5, testRandom(seed));
    expect(deal(1)).toEqual(deal(1));
    expect(deal(1)).not.toEqual(deal(2));
  });

  it("refuses more clients than examples, no clients, and half a client", () => {
    for (const clients of [0, 11, 1.5]) {
      expect(() => partition(numbered(10, 2), clients, testRandom(1))).toThrow(
        expect.objectContaining({ code: "BAD_PARAMETER" }),
      );
    }
  });
});

describe("partitionIid", () => {
  it("gives clients numbers of examples that differ by one at most, in memory of their own", () => {
    const parts = partitionIid(numbered(23, 2), 5, testRandom(1));
    const counts = parts.map(({ count }) => count);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    expect(new Set(parts.map(({ features }) => features.buffer)).size).toBe(5);
  });
});

describe("partitionByShards", () => {
  it("gives each client two classes at most, when the examples divide evenly into shards", () => {
    const examples = numbered(6_000, 10);
    const parts = partitionByShards(examples, 100, testRandom(1));
    for (const { labels, count } of parts) {
      expect(count).toBe(60);
      expect(new Set(labels).size).toBeLessThanOrEqual(2);
    }
  });
});
