import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { ClientsAway } from "../src/rounds/clients-away.ts";
import {
  MAX_RETURN_MS,
  combineNeeds,
  nextWindowMs,
  returnAfterMs,
  returnAfterRestartMs,
  type PaceNeeds,
} from "../src/rounds/pace-steering.ts";

const needs: fc.Arbitrary<PaceNeeds> = fc.record({
  needed: fc.integer({ min: 1, max: 16_384 }),
  roundMs: fc.integer({ min: 0, max: 600_000 }),
  opensInMs: fc.integer({ min: 0, max: 600_000 }),
});
const populations = fc.oneof(
  fc.integer({ min: 1, max: 300 }),
  fc.integer({ min: 1, max: 10_000_000 }),
);
const uniforms = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

/** As many draws as there are clients, one in each equal part of [0, 1): what chance gives in the mean. */
function returnsOf(task: PaceNeeds, population: number): number[] {
  return Array.from({ length: population }, (_, i) =>
    returnAfterMs(task, population, (i + 0.5) / population),
  );
}

describe("pace steering", () => {
  it("gathers a population that a round or two can take in the window that opens next", () => {
    const task = { needed: 10, roundMs: 60_000, opensInMs: 30_000 };
    for (const population of [1, 10, 20]) {
      expect(new Set(returnsOf(task, population))).toEqual(new Set([30_000]));
    }
  });

  it("spreads a larger one so that each round meets about the clients it needs", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1_000, max: 60_000 }),
        fc.integer({ min: 3, max: 50 }),
        (needed, roundMs, rounds) => {
          const returns = returnsOf({ needed, roundMs, opensInMs: 0 }, needed * rounds);
          for (let round = 0; round < rounds; round++) {
            const arrivals = returns.filter((ms) => Math.floor(ms / roundMs) === round).length;
            expect(Math.abs(arrivals - needed)).toBeLessThanOrEqual(1);
          }
        },
      ),
      { numRuns: 100, seed: 20_261_130 },
    );
  });

  it("asks nobody back before the window opens, and nobody after an hour", () => {
    fc.assert(
      fc.property(needs, populations, uniforms, (task, population, uniform) => {
        const ms = returnAfterMs(task, population, uniform);
        expect(Number.isInteger(ms)).toBe(true);
        expect(ms).toBeGreaterThanOrEqual(task.opensInMs);
        expect(ms).toBeLessThanOrEqual(MAX_RETURN_MS);
      }),
      { numRuns: 1_000, seed: 20_261_131 },
    );
  });

  it("never sends a crowd to one moment, however it was estimated and whatever the round needs", () => {
    fc.assert(
      fc.property(needs, fc.integer({ min: 1, max: 20_000 }), (task, population) => {
        const seconds = new Map<number, number>();
        for (const ms of returnsOf(task, population)) {
          const second = Math.floor((ms - task.opensInMs) / 1_000);
          seconds.set(second, (seconds.get(second) ?? 0) + 1);
        }
        // 500 check-ins a second, after a first hundred and one.
        expect(Math.max(...seconds.values())).toBeLessThanOrEqual(602);
      }),
      { numRuns: 60, seed: 20_261_132 },
    );
  });

  it("goes earlier with a smaller draw, a smaller population or a sooner opening", () => {
    fc.assert(
      fc.property(needs, populations, uniforms, uniforms, (task, population, a, b) => {
        const at = (u: number): number => returnAfterMs(task, population, u);
        expect(at(Math.min(a, b))).toBeLessThanOrEqual(at(Math.max(a, b)));
        expect(returnAfterMs(task, Math.ceil(population / 2), a)).toBeLessThanOrEqual(at(a));
        expect(returnAfterMs({ ...task, opensInMs: 0 }, population, a)).toBeLessThanOrEqual(at(a));
      }),
      { numRuns: 500, seed: 20_261_133 },
    );
  });

  it("adds up what several tasks need of one population", () => {
    expect(combineNeeds([])).toBeUndefined();
    const one = { needed: 10, roundMs: 1_000, opensInMs: 500 };
    expect(combineNeeds([one])).toEqual(one);
    // Ten a second and ten in two seconds are fifteen a second.
    const both = combineNeeds([one, { needed: 10, roundMs: 2_000, opensInMs: 100 }])!;
    expect(both).toMatchObject({ needed: 20, opensInMs: 100 });
    expect((both.needed / both.roundMs) * 1_000).toBeCloseTo(15);
  });

  it("lets a population meet in windows of its own while no task is running", () => {
    fc.assert(
      fc.property(
        fc.nat(10_000_000),
        fc.nat(10_000_000),
        fc.nat(4_999),
        (nowMs, laterMs, phaseMs) => {
          const meet = (ms: number): number => ms + nextWindowMs(ms, 5_000, phaseMs);
          expect(meet(nowMs) - nowMs).toBeGreaterThan(2_500);
          expect(meet(nowMs) - nowMs).toBeLessThanOrEqual(7_500);
          expect(Math.abs(meet(nowMs) - phaseMs) % 5_000).toBe(0);
          expect(Math.abs(meet(nowMs) - meet(laterMs)) % 5_000).toBe(0);
        },
      ),
      { numRuns: 300, seed: 20_261_134 },
    );
  });

  it("spreads those who come back to a server that stops, by how many they are", () => {
    const last = (connections: number): number => returnAfterRestartMs(connections, 1 - 1e-9);
    expect(returnAfterRestartMs(1, 0)).toBe(1_000);
    expect(last(1)).toBeLessThan(2_000);
    // 10,000 clients in fifty seconds.
    expect(last(10_000)).toBeGreaterThan(45_000);
    expect(last(10_000)).toBeLessThan(55_000);
  });
});

describe("the count of clients that are away", () => {
  it("counts one that asks again and again once, until it is due", () => {
    const startMs = 1_700_000_000_000;
    const away = new ClientsAway(startMs);
    const [patient, impatient] = [{}, {}];
    away.add(patient, 60_000, startMs);
    for (let i = 0; i < 100; i++) away.add(impatient, 60_000, startMs);
    expect(away.count(startMs)).toBe(2);
    const laterMs = startMs + 61_000;
    expect(away.count(laterMs)).toBe(0);
    away.add(impatient, 60_000, laterMs);
    expect(away.count(laterMs)).toBe(1);
  });

  it("holds each until it is due, whatever the order and however far time jumps", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            stepMs: fc.oneof(fc.nat(3_000), fc.nat(100_000_000)),
            afterMs: fc.oneof(fc.nat(5_000), fc.nat(3_600_000)),
          }),
          { maxLength: 60 },
        ),
        (steps) => {
          let nowMs = 1_700_000_000_000;
          const away = new ClientsAway(nowMs);
          const dueMs: number[] = [];
          for (const { stepMs, afterMs } of steps) {
            nowMs += stepMs;
            away.add({}, afterMs, nowMs);
            dueMs.push(nowMs + afterMs);
            const second = (ms: number): number => Math.floor(ms / 1_000);
            expect(away.count(nowMs)).toBe(
              dueMs.filter((due) => second(due) > second(nowMs)).length,
            );
          }
        },
      ),
      { numRuns: 200, seed: 20_261_135 },
    );
  });
});
