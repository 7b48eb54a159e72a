import { describe, expect, it } from "vitest";
import { memoryExampleStore, type Examples } from "../src/index.ts";
import { eventLoopBreak } from "../src/training/event-loop-break.ts";

describe("memoryExampleStore", () => {
  it("counts and returns the examples that it was made from", async () => {
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
  it("is due only after twelve milliseconds of work, counted from the end of the last break", async () => {
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

  it("lets pending events run first", async () => {
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
