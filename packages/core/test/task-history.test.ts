import { describe, expect, it } from "vitest";
import fc from "fast-check";
import type { TaskDefinition } from "@tributary/protocol";
import { nextRound, type NextRound } from "../src/rounds/next-round.ts";
import { TaskHistory } from "../src/rounds/task-history.ts";
import type { RoundKind } from "../src/rounds/round-kind.ts";
import { exampleTask, type TaskChanges } from "../src/testing/example-task.ts";

type Entry = ConstructorParameters<typeof TaskHistory>[1] extends readonly (infer T)[] | undefined
  ? T
  : never;

function entry(kind: RoundKind, number: number, changes: Partial<Entry> = {}): Entry {
  return {
    kind,
    number,
    outcome: "committed",
    metrics: {},
    bytesUp: 10,
    bytesDown: 20,
    reason: null,
    selected: kind === "training" || kind === "evaluation" ? 3 : 0,
    reported: 3,
    roundTimeMs: 100,
    endedAtMs: number * 1_000 + 100,
    ...changes,
  };
}

const trained = (number: number, accuracy: number): Entry =>
  entry("training", number, { metrics: { accuracy, loss: 1 - accuracy } });

const historyOf = (changes: TaskChanges, entries: readonly Entry[]): TaskHistory =>
  new TaskHistory(exampleTask(changes), entries);

describe("a task's history", () => {
  it("takes the highest accuracy, or the lowest loss, as the best measurement", () => {
    const entries = [trained(1, 0.5), trained(2, 0.9), trained(3, 0.7)];
    expect(historyOf({}, entries).best).toEqual({
      roundNumber: 2,
      measure: "accuracy",
      value: 0.9,
    });
    const byLoss = historyOf({ evaluation: { metric: "loss" } }, entries).best;
    expect(byLoss).toMatchObject({ roundNumber: 2, measure: "loss", value: 1 - 0.9 });
  });

  it("uses only the measurements of the judge that the task names", () => {
    const measured = (kind: RoundKind, number: number, accuracy: number): Entry =>
      entry(kind, number, { metrics: { accuracy, loss: 1 } });
    const entries = [
      trained(1, 0.99),
      measured("evaluation", 1, 0.4),
      measured("operator-evaluation", 1, 0.2),
      trained(2, 0.1),
      measured("evaluation", 2, 0.3),
      measured("operator-evaluation", 2, 0.6),
    ];
    const bestBy = (judgedBy: string): number | undefined =>
      historyOf({ evaluation: { judgedBy, everyRounds: 1 } }, entries).best?.roundNumber;
    expect(bestBy("training")).toBe(1);
    expect(bestBy("clients")).toBe(1);
    expect(bestBy("operator")).toBe(2);
    expect(historyOf({ evaluation: { judgedBy: "operator" } }, entries).best?.roundNumber).toBe(2);
  });

  it("ignores the measurements of an abandoned round", () => {
    const history = historyOf({}, [
      entry("training", 1, { outcome: "abandoned", metrics: { accuracy: 1 } }),
    ]);
    expect(history.best).toBeUndefined();
    expect(history.lastNumber).toBe(0);
  });

  it("ends when an accuracy has risen to its target, or a loss has fallen to it", () => {
    const end = (targetMetric: object, accuracy: number) =>
      historyOf({ stop: { targetMetric } }, [trained(1, accuracy)]).end;
    expect(end({ name: "accuracy", atLeast: 0.8 }, 0.79)).toBeUndefined();
    expect(end({ name: "accuracy", atLeast: 0.8 }, 0.8)).toBe("target");
    expect(end({ name: "loss", atMost: 0.25 }, 0.75)).toBe("target");
    expect(end({ name: "loss", atMost: 0.24 }, 0.75)).toBeUndefined();
  });

  it("ends on a plateau, after too many measurements in a row that gain too little", () => {
    const stop = { plateau: { measurements: 2, minimumChange: 0.05 } };
    const after = (...accuracies: number[]) =>
      historyOf(
        { stop },
        accuracies.map((accuracy, at) => trained(at + 1, accuracy)),
      ).end;
    expect(after(0.5, 0.52)).toBeUndefined();
    expect(after(0.5, 0.52, 0.54)).toBe("plateau");
    expect(after(0.5, 0.52, 0.56, 0.57)).toBeUndefined();
    // Small gains that add up to a large one are no plateau.
    expect(after(0.5, 0.53, 0.56, 0.59, 0.62)).toBeUndefined();
  });

  it("counts a plateau anew after a rollback", () => {
    const stop = { plateau: { measurements: 2 } };
    const flat = [trained(1, 0.5), trained(2, 0.5), trained(3, 0.5)];
    expect(historyOf({ stop }, flat).end).toBe("plateau");
    expect(historyOf({ stop }, [...flat, entry("rollback", 4)]).end).toBeUndefined();
  });

  it("has the score of the last evaluation that has metrics, and none after a rollback", () => {
    const measured = (kind: RoundKind, number: number, accuracy: number): Entry =>
      entry(kind, number, { metrics: { accuracy } });
    const entries = [
      trained(1, 0.9),
      measured("evaluation", 1, 0.4),
      trained(2, 0.9),
      entry("evaluation", 2),
    ];
    expect(historyOf({}, entries.slice(0, 1)).score).toBeUndefined();
    expect(historyOf({}, entries).score).toEqual({ roundNumber: 1, metrics: { accuracy: 0.4 } });
    const operators = [...entries, measured("operator-evaluation", 3, 0.6)];
    expect(historyOf({}, operators).score).toMatchObject({ roundNumber: 3 });
    expect(historyOf({}, [...operators, entry("rollback", 4)]).score).toBeUndefined();
  });

  it("ends when its budget is used up, to which abandoned rounds count too", () => {
    const entries = [trained(1, 0.5), entry("training", 2, { outcome: "abandoned" })];
    const end = (budget: object) => historyOf({ budget }, entries).end;
    expect(end({ bytes: 61 })).toBeUndefined();
    expect(end({ bytes: 60 })).toBe("budget");
    expect(end({ reports: 7 })).toBeUndefined();
    expect(end({ reports: 6 })).toBe("budget");
    expect(end({ roundTimeMs: 201 })).toBeUndefined();
    expect(end({ roundTimeMs: 200 })).toBe("budget");
  });

  it("is the same whether rounds are added one by one or are read from the store in any order", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 20 }),
        fc.nat(),
        (accuracies, seed) => {
          const changes = {
            stop: {
              plateau: { measurements: 3 },
              targetMetric: { name: "accuracy", atLeast: 0.99 },
            },
          };
          const entries = accuracies.map((accuracy, at) => trained(at + 1, accuracy));
          const told = historyOf(changes, []);
          for (const each of entries) told.add(each);
          const shuffled = entries.toSorted(
            (a, b) => ((a.number * 7919 + seed) % 31) - ((b.number * 7919 + seed) % 31),
          );
          const read = historyOf(changes, shuffled);
          expect(read.best).toEqual(told.best);
          expect(read.end).toBe(told.end);
          expect(read.lastNumber).toBe(told.lastNumber);
        },
      ),
      { numRuns: 200, seed: 20_261_120 },
    );
  });
});

describe("what a task does next", () => {
  const NOON = Date.parse("2026-12-01T12:00:00Z");
  const next = (
    changes: TaskChanges,
    entries: readonly Entry[] = [],
    moment: { nowMs?: number; requested?: number } = {},
  ): NextRound => {
    const definition: TaskDefinition = exampleTask(changes);
    const { nowMs = NOON, requested } = moment;
    return nextRound(definition, new TaskHistory(definition, entries), { nowMs, requested });
  };

  it("is a training round, unless something else is due", () => {
    expect(next({})).toEqual({ type: "training" });
    expect(next({}, [trained(1, 0.5)])).toEqual({ type: "training" });
  });

  it("is one evaluation after as many rounds as the task says", () => {
    const changes = { evaluation: { everyRounds: 2 } };
    const rounds = [trained(1, 0.5), trained(2, 0.6)];
    expect(next(changes, rounds.slice(0, 1))).toEqual({ type: "training" });
    expect(next(changes, rounds)).toEqual({ type: "evaluation", roundNumber: 2 });
    expect(next(changes, [...rounds, entry("evaluation", 2)])).toEqual({ type: "training" });
  });

  it("is another evaluation after one that a restart cut off, but not after one with too few clients", () => {
    const changes = { evaluation: { everyRounds: 1 } };
    const after = (reason: string) =>
      next(changes, [trained(1, 0.5), entry("evaluation", 1, { outcome: "abandoned", reason })])
        .type;
    expect(after("too-few-came")).toBe("training");
    expect(after("reporting-timeout")).toBe("training");
    expect(after("server-stopping")).toBe("evaluation");
  });

  it("is an evaluation of the last checkpoint before the task ends", () => {
    const changes = { evaluation: { everyRounds: 5 }, stop: { rounds: 2 } };
    const rounds = [trained(1, 0.5), trained(2, 0.6)];
    expect(next(changes, rounds)).toEqual({ type: "evaluation", roundNumber: 2 });
    expect(next(changes, [...rounds, entry("evaluation", 2)])).toEqual({
      type: "finished",
      reason: "rounds",
    });
  });

  it("is first of all the evaluation that an operator has asked for", () => {
    expect(next({}, [trained(1, 0.5)], { requested: 0 })).toEqual({
      type: "evaluation",
      roundNumber: 0,
    });
  });

  it("is to finish without an evaluation when the budget is used up", () => {
    const changes = { evaluation: { everyRounds: 1 }, budget: { reports: 3 } };
    expect(next(changes, [trained(1, 0.5)])).toEqual({ type: "finished", reason: "budget" });
  });

  it("is to wait for the start of its schedule, and to finish at the end of it", () => {
    const schedule = { startAt: "2026-12-01T13:00:00Z", endAt: "2026-12-01T14:00:00Z" };
    expect(next({ schedule })).toEqual({ type: "wait", untilMs: NOON + 3_600_000 });
    expect(next({ schedule }, [], { nowMs: NOON + 3_600_000 })).toEqual({ type: "training" });
    expect(next({ schedule }, [], { nowMs: NOON + 7_200_000 })).toEqual({
      type: "finished",
      reason: "schedule",
    });
  });

  it("is a round only within the daily window, which may span midnight", () => {
    const schedule = { dailyWindow: { from: "22:00", to: "06:00" } };
    const at = (time: string): NextRound =>
      next({ schedule }, [], { nowMs: Date.parse(`2026-12-01T${time}:00Z`) });
    const tonight = Date.parse("2026-12-01T22:00:00Z");
    expect(at("12:00")).toEqual({ type: "wait", untilMs: tonight });
    expect(at("06:00")).toEqual({ type: "wait", untilMs: tonight });
    for (const time of ["22:00", "23:59", "00:00", "05:59"]) {
      expect(at(time)).toEqual({ type: "training" });
    }
  });

  it("is to wait until the least time between two rounds is over", () => {
    const schedule = { minimumIntervalMs: 60_000 };
    const last = trained(1, 0.5);
    expect(next({ schedule }, [last], { nowMs: last.endedAtMs + 1 })).toEqual({
      type: "wait",
      untilMs: last.endedAtMs + 60_000,
    });
    expect(next({ schedule }, [last], { nowMs: last.endedAtMs + 60_000 })).toEqual({
      type: "training",
    });
  });
});
