import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ParticipationRules, type Moment } from "../src/enrolment/participation-rules.ts";
import type { ParticipationRecord } from "../src/storage/round-store.ts";

const ORIGIN = 1_790_000_000_000;
const HOUR = 3_600_000;
const at = (roundNumber: number, hours = 0): Moment => ({
  roundNumber,
  nowMs: ORIGIN + hours * HOUR,
  roundMs: 1_000,
});

function participation(
  rules: { minimumSeparation?: number; windowMs?: number | null },
  records: readonly ParticipationRecord[] = [],
): ParticipationRules {
  const whole = { minimumSeparation: 1, windowMs: null, ...rules };
  return new ParticipationRules(whole, ORIGIN, records);
}

describe("the participation rules of a task", () => {
  it("limit no device unless the task file sets a limit", () => {
    const none = participation({});
    expect(none.refusal(undefined, at(1))).toBeUndefined();
    expect(none.seat(undefined, at(1))).toBe(true);
    expect(none.records(1)).toEqual([]);
  });

  it("refuse a client whose device is not known", () => {
    for (const rules of [{ minimumSeparation: 2 }, { windowMs: HOUR }]) {
      expect(participation(rules).refusal(undefined, at(1))?.code).toBe("ENROLMENT_REQUIRED");
      expect(participation(rules).seat(undefined, at(1))).toBe(false);
    }
  });

  it("give a device one seat in a round, and let it try again when the round is abandoned", () => {
    const some = participation({ minimumSeparation: 2 });
    expect(some.seat("a", at(1))).toBe(true);
    expect(some.seat("a", at(1))).toBe(false);
    some.abandoned();
    expect(some.seat("a", at(1))).toBe(true);
  });

  it("keep the rounds of a device apart, and say how long it must wait", () => {
    const some = participation({ minimumSeparation: 3 });
    some.seat("a", at(5));
    some.committed(5);
    expect(some.refusal("a", at(6))).toMatchObject({ code: "NOT_ELIGIBLE", retryAfterMs: 2_000 });
    expect(some.refusal("a", at(7))).toMatchObject({ retryAfterMs: 1_000 });
    expect(some.refusal("a", at(8))).toBeUndefined();
    expect(some.refusal("b", at(6))).toBeUndefined();
  });

  it("admit a device once in each window, and say when the next window begins", () => {
    const some = participation({ windowMs: 10 * HOUR });
    some.seat("a", at(1, 7));
    some.committed(1);
    expect(some.refusal("a", at(2, 9))).toMatchObject({ retryAfterMs: HOUR });
    expect(some.refusal("a", at(2, 10))).toBeUndefined();
  });

  it("use the stored participations after a restart", () => {
    const record = (deviceId: string, roundNumber: number): ParticipationRecord => ({
      deviceId,
      roundNumber,
      atMs: ORIGIN,
    });
    const again = participation({ minimumSeparation: 3 }, [record("a", 4), record("b", 2)]);
    expect(again.refusal("a", at(5))?.code).toBe("NOT_ELIGIBLE");
    expect(again.refusal("b", at(5))).toBeUndefined();
  });

  it("are kept over any sequence of rounds, across pruning and restarts", () => {
    const devices = ["a", "b", "c", "d"];
    const roundOf = fc.record({
      members: fc.array(fc.constantFrom(...devices), { maxLength: 6 }),
      commits: fc.boolean(),
      minutes: fc.integer({ min: 1, max: 400 }),
      restart: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.option(fc.integer({ min: 1, max: 20 }), { nil: null }),
        fc.array(roundOf, { maxLength: 40 }),
        (minimumSeparation, hours, rounds) => {
          const windowMs = hours === null ? null : hours * HOUR;
          const rules = { minimumSeparation, windowMs };
          const limited = minimumSeparation > 1 || windowMs !== null;
          const stored = new Map<string, ParticipationRecord>();
          const history: ParticipationRecord[] = [];
          let some = participation(rules);
          let number = 1;
          let nowMs = ORIGIN;
          for (const { members, commits, minutes, restart } of rounds) {
            nowMs += minutes * 60_000;
            const moment = { roundNumber: number, nowMs, roundMs: 1 };
            const seated = members.filter((device) => some.seat(device, moment));
            if (limited) expect(new Set(seated).size).toBe(seated.length);
            const records = some.records(number);
            if (commits) {
              for (const record of records) stored.set(record.deviceId, record);
              history.push(...records);
              some.committed(number);
              number += 1;
              const bound = some.prune({ ...moment, roundNumber: number });
              for (const [device, { roundNumber, atMs }] of stored) {
                if (roundNumber <= bound.roundNumber && atMs < bound.atMs) stored.delete(device);
              }
            } else {
              some.abandoned();
            }
            if (restart) some = participation(rules, [...stored.values()]);
          }
          for (const [index, later] of history.entries()) {
            for (const earlier of history.slice(0, index)) {
              if (earlier.deviceId !== later.deviceId) continue;
              expect(later.roundNumber - earlier.roundNumber).toBeGreaterThanOrEqual(
                minimumSeparation,
              );
              if (windowMs === null) continue;
              const window = (ms: number): number => Math.floor((ms - ORIGIN) / windowMs);
              expect(window(later.atMs)).not.toBe(window(earlier.atMs));
            }
          }
        },
      ),
      { seed: 11, numRuns: 300 },
    );
  });
});
