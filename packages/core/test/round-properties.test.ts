import { minimumReports, type SessionId } from "@tributary/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { isAtWork, type MemberEvent, type MemberState } from "../src/member/member.ts";
import {
  cohortSize,
  deadlineOf,
  openRound,
  stepRound,
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

/** There are so few sessions that sequences often repeat one or name one that is no member. */
const sessions = fc.integer({ min: 0, max: 11 }).map((index) => sessionOf(index));

const code = "INTERNAL";

/** The events of a member whose report counts in the end. */
const REPORT: readonly MemberEvent[] = [
  { type: "configured" },
  { type: "began", isComplete: false },
  { type: "granted" },
  { type: "uploaded" },
  { type: "added" },
];

const memberEvents: fc.Arbitrary<MemberEvent> = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...REPORT) },
  { weight: 2, arbitrary: fc.constant<MemberEvent>({ type: "began", isComplete: true }) },
  {
    weight: 3,
    arbitrary: fc.constantFrom<MemberEvent>(
      { type: "left" },
      { type: "lost", awaitedUntilMs: 400 },
      { type: "returned" },
      { type: "gaveWay" },
      { type: "withdrew", code },
      { type: "refused", code },
    ),
  },
);

/** An event that happens `afterMs` milliseconds after the one before it. */
type Timed = (nowMs: number) => RoundEvent;

const timed: fc.Arbitrary<{ readonly afterMs: number; readonly event: Timed }> = fc.record({
  afterMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 300 })),
  event: fc.oneof(
    {
      weight: 12,
      arbitrary: sessions.map((session): Timed => (nowMs) => ({ type: "joined", session, nowMs })),
    },
    {
      weight: 24,
      arbitrary: fc.tuple(sessions, memberEvents).map(([session, event]): Timed => () => ({
        type: "member",
        session,
        event,
      })),
    },
    {
      weight: 2,
      arbitrary: sessions.map((session): Timed => () => ({ type: "gone", session })),
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

/** The reasons for which a round without a cohort may be abandoned. */
const WITHOUT_COHORT: readonly string[] = [
  "cancelled",
  "rolled-back",
  "not-scheduled",
  "server-stopping",
  "too-few-came",
];

const sessionOf = (index: number): SessionId =>
  `ses_${"0".repeat(15)}${index.toString(16)}` as SessionId;

/** Half of the sequences begin as a round usually does, so that they often reach later phases. */
const sequences = fc
  .record({
    usual: fc.boolean(),
    joins: fc.integer({ min: 0, max: 12 }),
    reports: fc.integer({ min: 0, max: 6 }),
    further: fc.array(timed, { maxLength: 60 }),
  })
  .map(({ usual, joins, reports, further }) => {
    if (!usual) return further;
    const start: Timed[] = [
      ...Array.from({ length: joins }, (_, index): Timed => {
        return (nowMs) => ({ type: "joined", session: sessionOf(index), nowMs });
      }),
      (nowMs) => ({ type: "tick", nowMs }),
      () => ({ type: "configured" }),
      ...Array.from({ length: reports }, (_, index) =>
        REPORT.map((event): Timed => () => ({ type: "member", session: sessionOf(index), event })),
      ).flat(),
    ];
    return [...start.map((event) => ({ afterMs: 0, event })), ...further];
  });

/** Copies a state, since `stepRound` updates its sets in place. */
interface Snapshot {
  readonly phase: RoundState["phase"];
  readonly members: ReadonlyMap<SessionId, MemberState> | undefined;
  readonly counts: Readonly<Record<"reported" | "adding" | "atWork", number>> | undefined;
  readonly waiting: ReadonlySet<SessionId> | undefined;
  readonly deadlineMs: number | undefined;
  readonly due: string | undefined;
  readonly reason: string | undefined;
}

function snapshot(state: RoundState): Snapshot {
  const cohort = "cohort" in state ? state.cohort : undefined;
  return {
    phase: state.phase,
    members: cohort && new Map(Array.from(cohort.sessions, (each) => [each, cohort.state(each)!])),
    counts: cohort && {
      reported: cohort.reported,
      adding: cohort.adding,
      atWork: cohort.atWork,
    },
    waiting: "waiting" in state ? new Set(state.waiting) : undefined,
    deadlineMs: deadlineOf(state),
    due: "due" in state ? state.due : undefined,
    reason: "reason" in state ? state.reason : undefined,
  };
}

const countOf = (
  members: ReadonlyMap<SessionId, MemberState>,
  holds: (member: MemberState) => boolean,
): number => [...members.values()].filter(holds).length;

const isFinal = (phase: RoundState["phase"]): boolean => phase === "done" || phase === "abandoned";

/** The order of the phases. A round never goes back to an earlier one. */
const ORDER: Readonly<Record<RoundState["phase"], number>> = {
  selecting: 0,
  configuring: 1,
  reporting: 2,
  committing: 3,
  done: 4,
  abandoned: 4,
};

/** Applies events to a round and checks the invariants of `RoundState` after each. */
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
    const taken = stepRound(policy, state, event);
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
      // No session joins the cohort or is dropped, and a member that has ended its work never
      // changes.
      expect([...after.members!.keys()]).toEqual([...before.members.keys()]);
      for (const [session, member] of before.members) {
        if (!isAtWork(member)) expect(after.members!.get(session)).toEqual(member);
      }
    }
    if (after.members !== undefined && before.waiting !== undefined && after.members.size > 0) {
      expect(after.members.size).toBeGreaterThanOrEqual(minimum);
      expect(after.members.size).toBeLessThanOrEqual(cohortSize(policy));
    }
    if (after.members !== undefined && after.counts !== undefined) {
      const { reported, adding, atWork } = after.counts;
      expect(reported).toBe(countOf(after.members, ({ stage }) => stage === "reported"));
      expect(adding).toBe(countOf(after.members, ({ stage }) => stage === "adding"));
      expect(atWork).toBe(countOf(after.members, isAtWork));
      expect(reported + adding).toBeLessThanOrEqual(policy.goalCount);
      expect(reported - (before.counts?.reported ?? 0)).toBeLessThanOrEqual(1);
      if (after.phase === "committing") expect(adding).toBe(0);
      if (after.phase === "reporting") {
        // A round that goes on is one that cannot be decided yet.
        expect(atWork).toBeGreaterThan(0);
        expect(reported).toBeLessThan(policy.goalCount);
        if (after.due === undefined) expect(reported + atWork).toBeGreaterThanOrEqual(minimum);
        else expect(adding).toBeGreaterThan(0);
        // Every report that may be added is being added.
        const waits = countOf(after.members, ({ stage }) => stage === "uploaded");
        if (waits > 0) expect(reported + adding).toBe(policy.goalCount);
      }
    }
    if (after.phase === "committing" || after.phase === "done") {
      expect(after.counts!.reported).toBeGreaterThanOrEqual(minimum);
    }
    if (event.type === "tick" && nowMs >= (before.deadlineMs ?? Infinity)) {
      // The deadline of a cohort never moves, but the round waits for reports that are being added.
      // The deadline of the selection may move, and it then lies in the future.
      if (before.phase !== "selecting") {
        expect(after.phase).not.toBe("configuring");
        if (after.phase === "reporting") expect(after.due).toBeDefined();
      }
      if (after.phase === "selecting") expect(after.deadlineMs).toBeGreaterThan(nowMs);
    }

    for (const effect of taken.effects) {
      if (effect.type === "configure") {
        expect(after.phase).toBe("configuring");
        expect(effect.members).toEqual([...after.members!.keys()]);
        expect(new Set(effect.members).size).toBe(effect.members.length);
      }
      if (effect.type === "add") expect(after.members!.get(effect.session)!.stage).toBe("adding");
      if (effect.type === "commit") expect(after.phase).toBe("committing");
      if (effect.type === "announce") expect(isFinal(after.phase)).toBe(true);
    }
  }
  const count = (type: RoundEffect["type"]): number =>
    effects.filter((effect) => effect.type === type).length;
  const added = effects.flatMap((effect) => (effect.type === "add" ? [effect.session] : []));
  expect(new Set(added).size).toBe(added.length);
  expect(count("configure")).toBeLessThanOrEqual(1);
  expect(count("commit")).toBeLessThanOrEqual(1);
  expect(count("announce")).toBe(isFinal(state.phase) ? 1 : 0);
  return { state, effects, nowMs };
}

describe("a round, for any events in any order", () => {
  it("keeps its invariants and asks for each effect at most once", () => {
    const phases = new Set<string>();
    fc.assert(
      fc.property(policies, sequences, (policy, events) => {
        phases.add(runChecked(policy, events).state.phase);
      }),
      { numRuns: 600, seed: 20_261_120 },
    );
    // The sequences must reach every phase, or the test would prove little.
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
            stepRound(policy, round, {
              type: "tick",
              nowMs: Math.max(nowMs, deadlineOf(round) ?? 0),
            });
          const ticked = tick(state);
          let end = ticked.state;
          const all = [...effects, ...ticked.effects];
          // The round waits for the reports that are being added. Each is added or refused in time.
          while (end.phase === "reporting") {
            const { cohort } = end;
            const session = [...cohort.sessions].find(
              (each) => cohort.state(each)!.stage === "adding",
            );
            expect(session).toBeDefined();
            const event: MemberEvent = { type: "added" };
            const next = stepRound(policy, end, { type: "member", session: session!, event });
            end = next.state;
            all.push(...next.effects);
          }
          if (end.phase === "committing") {
            const last = stepRound(policy, end, { type: written });
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

  it("never counts a report twice, however often its arrival is announced", () => {
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
          const send = (event: RoundEvent): void => {
            state = stepRound(policy, state, event).state;
          };
          for (const session of members) send({ type: "joined", session, nowMs: 0 });
          send({ type: "configured" });
          const distinct = new Set<SessionId>();
          for (const [session, times] of reports) {
            if (state.phase !== "reporting") break;
            if (members.includes(session)) distinct.add(session);
            for (let i = 0; i < times; i++) {
              for (const event of REPORT) send({ type: "member", session, event });
            }
          }
          expect("cohort" in state && state.cohort.reported).toBe(distinct.size);
        },
      ),
      { numRuns: 300, seed: 20_261_122 },
    );
  });
});
