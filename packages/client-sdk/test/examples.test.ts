import { describe, expect, it } from "vitest";
import { holdOut, memoryExampleStore, takeExamples, type Examples } from "../src/index.ts";
import { eventLoopBreak } from "../src/runtime/event-loop-break.ts";

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

describe("takeExamples", () => {
  it("copies features and labels, in the given order and with repetitions", () => {
    const examples: Examples = {
      features: Float32Array.of(1, 2, 3, 4, 5, 6),
      featureShape: [2],
      labels: Float32Array.of(0.1, 0.2, 0.3),
      labelShape: [1],
      count: 3,
    };
    const taken = takeExamples(examples, [2, 0, 2]);
    expect(taken.features).toEqual(Float32Array.of(5, 6, 1, 2, 5, 6));
    expect(taken.labels).toEqual(Float32Array.of(0.3, 0.1, 0.3));
    expect(taken.count).toBe(3);
  });
});

describe("holdOut", () => {
  it("divides the rows of a table as it divides examples", () => {
    const rows = [["1"], ["2"], ["3"], ["4"]];
    const table = { source: "t.csv", columns: ["a"], rows, lines: [2, 3, 5, 6] };
    expect(holdOut(table, 0.25)).toEqual({
      train: { ...table, rows: rows.slice(0, 3), lines: [2, 3, 5] },
      heldOut: { ...table, rows: [["4"]], lines: [6] },
    });
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
