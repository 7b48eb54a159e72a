import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { ClientsAway, type AwayClient } from "../src/rounds/clients-away.ts";
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

/** Makes one draw for each client, evenly over [0, 1), as chance would make them in the mean. */
function returnsOf(task: PaceNeeds, population: number): number[] {
  return Array.from({ length: population }, (_, i) =>
    returnAfterMs(task, population, (i + 0.5) / population),
  );
}

const someone = (site = "site", device?: string): AwayClient => ({ connection: {}, site, device });

describe("pace steering", () => {
  it("lets a population that fits into two rounds come back as soon as a round opens", () => {
    const task = { needed: 10, roundMs: 60_000, opensInMs: 30_000 };
    for (const population of [1, 10, 20]) {
      expect(new Set(returnsOf(task, population))).toEqual(new Set([30_000]));
    }
  });

  it("spreads a larger population, so that each round finds about as many clients as it needs", () => {
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

  it("asks no client back before a round opens, or later than after an hour", () => {
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

  it("never asks a crowd back at one moment, for any estimate and any needs", () => {
    fc.assert(
      fc.property(needs, fc.integer({ min: 1, max: 20_000 }), (task, population) => {
        const seconds = new Map<number, number>();
        for (const ms of returnsOf(task, population)) {
          const second = Math.floor((ms - task.opensInMs) / 1_000);
          seconds.set(second, (seconds.get(second) ?? 0) + 1);
        }
        // The server answers 500 check-ins per second, besides the first hundred and one.
        expect(Math.max(...seconds.values())).toBeLessThanOrEqual(602);
      }),
      { numRuns: 60, seed: 20_261_132 },
    );
  });

  it("asks a client back earlier for a smaller draw, a smaller population or an earlier opening", () => {
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

  it("adds up the needs of several tasks of one population", () => {
    expect(combineNeeds([])).toBeUndefined();
    const one = { needed: 10, roundMs: 1_000, opensInMs: 500 };
    expect(combineNeeds([one])).toEqual(one);
    // Ten clients per second and ten in two seconds make fifteen per second.
    const both = combineNeeds([one, { needed: 10, roundMs: 2_000, opensInMs: 100 }])!;
    expect(both).toMatchObject({ needed: 20, opensInMs: 100 });
    expect((both.needed / both.roundMs) * 1_000).toBeCloseTo(15);
  });

  it("lets a population come back at regular times while no task is running", () => {
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

  it("spreads the clients of a stopping server over the longer a time, the more of them there are", () => {
    const last = (connections: number): number => returnAfterRestartMs(connections, 1 - 1e-9);
    expect(returnAfterRestartMs(1, 0)).toBe(1_000);
    expect(last(1)).toBeLessThan(2_000);
    // At 200 connections per second, 10,000 clients take fifty seconds.
    expect(last(10_000)).toBeGreaterThan(45_000);
    expect(last(10_000)).toBeLessThan(55_000);
  });
});

describe("the count of clients that are away", () => {
  it("counts a client that asks again and again once, until it is due", () => {
    const startMs = 1_700_000_000_000;
    const away = new ClientsAway(startMs, 100);
    const [patient, impatient] = [someone(), someone()];
    away.add(patient, 60_000, startMs);
    for (let i = 0; i < 100; i++) away.add(impatient, 60_000, startMs);
    expect(away.count(startMs, "")).toBe(2);
    const laterMs = startMs + 61_000;
    expect(away.count(laterMs, "")).toBe(0);
    away.add(impatient, 60_000, laterMs);
    expect(away.count(laterMs, "")).toBe(1);
  });

  it("counts every site but one's own for its share at most", () => {
    const away = new ClientsAway(0, 8);
    for (let client = 0; client < 600; client++) away.add(someone("crowd"), 60_000, 0);
    for (let site = 0; site < 20; site++) away.add(someone(`home ${site}`), 60_000, 0);
    expect(away.count(0, "home 3")).toBe(8 + 20);
    expect(away.count(0, "crowd")).toBe(600 + 20);
    expect([away.countOf("crowd", 0), away.countOf("crowd", 61_000)]).toEqual([600, 0]);
  });

  it("knows how long a client should stay away, over any connection of its device", () => {
    const away = new ClientsAway(0, 8);
    const first = someone("home", "phone");
    away.add(first, 60_000, 0);
    expect(away.leftMs(first, 10_000)).toBe(50_000);
    expect(away.leftMs(someone("elsewhere", "phone"), 10_000)).toBe(50_000);
    expect(away.leftMs(someone("home", "laptop"), 10_000)).toBe(0);
    expect(away.leftMs(someone("home"), 10_000)).toBe(0);
    // Clocks differ by a little.
    expect(away.leftMs(first, 59_499)).toBe(501);
    expect(away.leftMs(first, 59_500)).toBe(0);
    expect(away.leftMs(someone("elsewhere", "phone"), 62_000)).toBe(0);
  });

  it("counts each client until it is due, in any order and across any jump of time", () => {
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
          const away = new ClientsAway(nowMs, 100);
          const dueMs: number[] = [];
          for (const { stepMs, afterMs } of steps) {
            nowMs += stepMs;
            away.add(someone(), afterMs, nowMs);
            dueMs.push(nowMs + afterMs);
            const second = (ms: number): number => Math.floor(ms / 1_000);
            expect(away.count(nowMs, "")).toBe(
              dueMs.filter((due) => second(due) > second(nowMs)).length,
            );
          }
        },
      ),
      { numRuns: 200, seed: 20_261_135 },
    );
  });
});
