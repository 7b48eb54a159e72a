import { minimumReports, type SessionId } from "@tributary/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  cohortSize,
  deadlineOf,
  openRound,
  step,
  type MemberStatus,
  type RoundEffect,
  type RoundEvent,
  type RoundPolicy,
  type RoundState,
} from "../src/rounds/round.ts";

const START_MS = 1_000_000;

const policies: fc.Arbitrary<RoundPolicy> = fc.record({
  goalCount: fc.integer({ min: 1, max: 6 }),
  overselection: fc.constantFrom(1, 1.3, 1.5, 2),
  minimumFraction: fc.constantFrom(0.01, 0.5, 0.7, 0.8, 1),
  selectionTimeoutMs: fc.integer({ min: 1, max: 500 }),
  reportingTimeoutMs: fc.integer({ min: 1, max: 500 }),
  isOptional: fc.boolean(),
});

/** Few enough that they meet again: duplicates and strangers come by themselves. */
const sessions = fc.integer({ min: 0, max: 11 }).map((index) => sessionOf(index));

/** An event that happens `afterMs` after the one before it. */
type Timed = (nowMs: number) => RoundEvent;

const timed: fc.Arbitrary<{ readonly afterMs: number; readonly event: Timed }> = fc.record({
  afterMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 300 })),
  event: fc.oneof(
    {
      weight: 12,
      arbitrary: sessions.map((session): Timed => (nowMs) => ({ type: "joined", session, nowMs })),
    },
    {
      weight: 12,
      arbitrary: fc
        .tuple(fc.constantFrom("left", "withdrew", "refused", "reported", "reported"), sessions)
        .map(([type, session]): Timed => () => ({ type: type as "left", session })),
    },
    { weight: 3, arbitrary: fc.constant<Timed>(() => ({ type: "configured" })) },
    { weight: 3, arbitrary: fc.constant<Timed>((nowMs) => ({ type: "tick", nowMs })) },
    {
      weight: 3,
      arbitrary: fc
        .constantFrom("committed", "committed", "committed", "failed", "stopping")
        .map((type): Timed => () => ({ type: type as "committed" })),
    },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom("cancelled" as const, "rolled-back" as const, "not-scheduled" as const)
        .map((reason): Timed => () => ({ type: "cancelled", reason })),
    },
  ),
});

/** Why a round may end that has had no cohort. */
const WITHOUT_COHORT: readonly string[] = [
  "cancelled",
  "rolled-back",
  "not-scheduled",
  "server-stopping",
  "too-few-came",
];

const sessionOf = (index: number): SessionId =>
  `ses_${"0".repeat(15)}${index.toString(16)}` as SessionId;

/** Half of the sequences begin as a round usually does, so that its later phases are met often. */
const sequences = fc
  .record({
    usual: fc.boolean(),
    joins: fc.integer({ min: 0, max: 12 }),
    reports: fc.integer({ min: 0, max: 6 }),
    rest: fc.array(timed, { maxLength: 60 }),
  })
  .map(({ usual, joins, reports, rest }) => {
    if (!usual) return rest;
    const start: Timed[] = [
      ...Array.from({ length: joins }, (_, index): Timed => {
        return (nowMs) => ({ type: "joined", session: sessionOf(index), nowMs });
      }),
      (nowMs) => ({ type: "tick", nowMs }),
      () => ({ type: "configured" }),
      ...Array.from({ length: reports }, (_, index): Timed => {
        return () => ({ type: "reported", session: sessionOf(index) });
      }),
    ];
    return [...start.map((event) => ({ afterMs: 0, event })), ...rest];
  });

/** A state as it was: `step` updates its sets in place. */
interface Snapshot {
  readonly phase: RoundState["phase"];
  readonly members: ReadonlyMap<SessionId, MemberStatus> | undefined;
  readonly waiting: ReadonlySet<SessionId> | undefined;
  readonly accepted: number | undefined;
  readonly pending: number | undefined;
  readonly deadlineMs: number | undefined;
  readonly reason: string | undefined;
}

const snapshot = (state: RoundState): Snapshot => ({
  phase: state.phase,
  members: "members" in state ? new Map(state.members) : undefined,
  waiting: "waiting" in state ? new Set(state.waiting) : undefined,
  accepted: "accepted" in state ? state.accepted : undefined,
  pending: "pending" in state ? state.pending : undefined,
  deadlineMs: deadlineOf(state),
  reason: "reason" in state ? state.reason : undefined,
});

const countOf = (members: ReadonlyMap<SessionId, MemberStatus>, status: MemberStatus): number =>
  [...members.values()].filter((each) => each === status).length;

const isFinal = (phase: RoundState["phase"]): boolean => phase === "done" || phase === "abandoned";

/** Later phases have greater numbers: a round never goes back. */
const ORDER: Readonly<Record<RoundState["phase"], number>> = {
  selecting: 0,
  configuring: 1,
  reporting: 2,
  committing: 3,
  done: 4,
  abandoned: 4,
};

/** Runs events through a round and checks after each that what `RoundState` promises holds. */
function runChecked(
  policy: RoundPolicy,
  events: readonly { readonly afterMs: number; readonly event: Timed }[],
): { state: RoundState; effects: readonly RoundEffect[]; nowMs: number } {
  let nowMs = START_MS;
  let state = openRound(policy, nowMs);
  const effects: RoundEffect[] = [];
  const minimum = minimumReports(policy);
  for (const { afterMs, event: at } of events) {
    nowMs += afterMs;
    const event = at(nowMs);
    const before = snapshot(state);
    const taken = step(policy, state, event);
    state = taken.state;
    effects.push(...taken.effects);
    const after = snapshot(state);

    expect(ORDER[after.phase]).toBeGreaterThanOrEqual(ORDER[before.phase]);
    if (isFinal(before.phase)) {
      expect(after).toEqual(before);
      expect(taken.effects).toEqual([]);
    }

    if (after.waiting !== undefined) expect(after.waiting.size).toBeLessThan(cohortSize(policy));
    if (before.members !== undefined) {
      // Nobody joins a cohort or is forgotten, and a status only ever leaves `training`.
      expect([...after.members!.keys()]).toEqual([...before.members.keys()]);
      for (const [session, status] of before.members) {
        if (status !== "training") expect(after.members!.get(session)).toBe(status);
      }
    }
    if (after.members !== undefined && before.waiting !== undefined && after.members.size > 0) {
      expect(after.members.size).toBeGreaterThanOrEqual(minimum);
      expect(after.members.size).toBeLessThanOrEqual(cohortSize(policy));
    }
    if (after.accepted !== undefined) {
      expect(after.accepted).toBe(countOf(after.members!, "reported"));
      expect(after.accepted).toBeLessThanOrEqual(policy.goalCount);
      expect(after.accepted - (before.accepted ?? 0)).toBeLessThanOrEqual(1);
    }
    if (after.pending !== undefined) {
      expect(after.pending).toBe(countOf(after.members!, "training"));
      // A round that could be decided has been decided.
      expect(after.pending).toBeGreaterThan(0);
      expect(after.accepted).toBeLessThan(policy.goalCount);
      expect(after.accepted! + after.pending).toBeGreaterThanOrEqual(minimum);
    }
    if (after.phase === "committing" || after.phase === "done") {
      expect(after.accepted).toBeGreaterThanOrEqual(minimum);
    }
    if (event.type === "tick" && nowMs >= (before.deadlineMs ?? Infinity)) {
      // A cohort's time is never extended; selection's may be, and then lies ahead.
      expect(["configuring", "reporting"]).not.toContain(
        before.phase === "selecting" ? "" : after.phase,
      );
      if (after.phase === "selecting") expect(after.deadlineMs).toBeGreaterThan(nowMs);
    }

    for (const effect of taken.effects) {
      if (effect.type === "configure") {
        expect(after.phase).toBe("configuring");
        expect(effect.members).toEqual([...after.members!.keys()]);
        expect(new Set(effect.members).size).toBe(effect.members.length);
      }
      if (effect.type === "commit") expect(after.phase).toBe("committing");
      if (effect.type === "announce") expect(isFinal(after.phase)).toBe(true);
    }
  }
  const count = (type: RoundEffect["type"]): number =>
    effects.filter((effect) => effect.type === type).length;
  expect(count("configure")).toBeLessThanOrEqual(1);
  expect(count("commit")).toBeLessThanOrEqual(1);
  expect(count("announce")).toBe(isFinal(state.phase) ? 1 : 0);
  return { state, effects, nowMs };
}

describe("a round, whatever happens in whatever order", () => {
  it("keeps its invariants and asks for each effect at most once", () => {
    const phases = new Set<string>();
    fc.assert(
      fc.property(policies, sequences, (policy, events) => {
        phases.add(runChecked(policy, events).state.phase);
      }),
      { numRuns: 600, seed: 20_261_120 },
    );
    // The sequences are worth something: they get everywhere.
    expect([...phases].sort()).toEqual(
      ["abandoned", "committing", "configuring", "done", "reporting", "selecting"].sort(),
    );
  });

  it("ends once it has a cohort, with the next tick at its deadline", () => {
    fc.assert(
      fc.property(
        policies,
        sequences,
        fc.constantFrom("committed" as const, "failed" as const),
        (policy, events, written) => {
          const { state, effects, nowMs } = runChecked(policy, events);
          const tick = (round: RoundState) =>
            step(policy, round, { type: "tick", nowMs: Math.max(nowMs, deadlineOf(round) ?? 0) });
          const ticked = tick(state);
          let end = ticked.state;
          const all = [...effects, ...ticked.effects];
          if (end.phase === "committing") {
            const last = step(policy, end, { type: written });
            end = last.state;
            all.push(...last.effects);
          }
          const hasCohort = all.some(({ type }) => type === "configure");
          const wasCancelled = end.phase === "abandoned" && WITHOUT_COHORT.includes(end.reason);
          if (state.phase === "selecting" && end.phase === "configuring") return; // it began just now
          expect(isFinal(end.phase)).toBe(hasCohort || wasCancelled);
          expect(all.filter(({ type }) => type === "announce")).toHaveLength(
            isFinal(end.phase) ? 1 : 0,
          );
        },
      ),
      { numRuns: 400, seed: 20_261_121 },
    );
  });

  it("never counts a report twice, however often it is said to have come", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 6 }),
        fc.array(fc.tuple(sessions, fc.integer({ min: 1, max: 4 })), { maxLength: 30 }),
        (goalCount, reports) => {
          const policy: RoundPolicy = {
            goalCount,
            overselection: 2,
            minimumFraction: 0.5,
            selectionTimeoutMs: 10,
            reportingTimeoutMs: 10,
          };
          const members = Array.from({ length: cohortSize(policy) }, (_, i) => sessionOf(i));
          let state: RoundState = openRound(policy, 0);
          for (const session of members) {
            state = step(policy, state, { type: "joined", session, nowMs: 0 }).state;
          }
          state = step(policy, state, { type: "configured" }).state;
          const distinct = new Set<SessionId>();
          for (const [session, times] of reports) {
            if (state.phase !== "reporting") break;
            if (members.includes(session)) distinct.add(session);
            for (let i = 0; i < times; i++) {
              state = step(policy, state, { type: "reported", session }).state;
            }
          }
          expect("accepted" in state && state.accepted).toBe(distinct.size);
        },
      ),
      { numRuns: 300, seed: 20_261_122 },
    );
  });
});
