import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shuffledIndices } from "../src/examples/shuffled-indices.ts";
import { memoryExampleStore, type Examples } from "../src/index.ts";
import { eventLoopBreak } from "../src/training/event-loop-break.ts";
import { testRandom } from "./support/test-random.ts";

describe("shuffledIndices", () => {
  it("gives every index once, the same order for the same seed", () => {
    fc.assert(
      fc.property(fc.nat({ max: 200 }), fc.nat(), (count, seed) => {
        const order = shuffledIndices(count, testRandom(seed));
        expect([...order].sort((a, b) => a - b)).toEqual([...Array(count).keys()]);
        expect(shuffledIndices(count, testRandom(seed))).toEqual(order);
      }),
    );
  });

  it("puts every index in every place about equally often", () => {
    const random = testRandom(1);
    const counts = Array.from({ length: 5 }, () => Array<number>(5).fill(0));
    for (let i = 0; i < 5_000; i++) {
      shuffledIndices(5, random).forEach((index, place) => {
        counts[index]![place]! += 1;
      });
    }
    // Binomial(5000, 1/5) has a deviation of 28: six of them.
    for (const count of counts.flat()) expect(Math.abs(count - 1_000)).toBeLessThan(170);
  });
});

describe("memoryExampleStore", () => {
  it("counts and gives the examples it was made of", async () => {
    const examples: Examples = {
      features: Float32Array.of(1, 2),
      featureShape: [1],
      labels: Int32Array.of(0, 1),
      labelShape: [],
      count: 2,
    };
    const store = memoryExampleStore(examples);
    expect(await store.count()).toBe(2);
    expect(await store.load()).toBe(examples);
  });
});

describe("eventLoopBreak", () => {
  it("is due only after twelve milliseconds of work, counted from the last one's end", async () => {
    let now = 0;
    const due = eventLoopBreak(() => now);
    expect(due()).toBeUndefined();
    now = 11;
    expect(due()).toBeUndefined();
    now = 12;
    const turn = due();
    expect(turn).toBeInstanceOf(Promise);
    now = 100;
    await turn;
    now = 111;
    expect(due()).toBeUndefined();
    now = 112;
    await expect(due()).resolves.toBeUndefined();
  });

  it("lets events that wait go first", async () => {
    const seen: string[] = [];
    let now = 0;
    const due = eventLoopBreak(() => now);
    now = 20;
    setImmediate(() => seen.push("event"));
    await due();
    seen.push("work");
    expect(seen).toEqual(["event", "work"]);
  });
});
