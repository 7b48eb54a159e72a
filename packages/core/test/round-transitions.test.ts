import type { SessionId } from "@tributary/protocol";
import { describe, expect, it } from "vitest";

import type { MemberEvent } from "../src/member/member.ts";
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

/** The goal count is 4, the minimum 3, and the cohort has 6 members. */
const POLICY: RoundPolicy = {
  goalCount: 4,
  overselection: 1.5,
  minimumFraction: 0.75,
  selectionTimeoutMs: 100,
  reportingTimeoutMs: 1_000,
};

const session = (name: string): SessionId => name as SessionId;
const NAMES = ["a", "b", "c", "d", "e", "f"];

/** The error code of all members that are refused or withdraw in these tests. */
const code = "INTERNAL";

/** The events of a member until its report waits to be added. */
const UPLOAD: readonly MemberEvent[] = [
  { type: "configured" },
  { type: "began", isComplete: false },
  { type: "granted" },
  { type: "uploaded" },
];

/** A round, and the effects that it has asked for so far. */
class Walk {
  state: RoundState = openRound(POLICY, 0);
  readonly effects: RoundEffect[] = [];

  send(...events: RoundEvent[]): this {
    for (const event of events) {
      const { state, effects } = stepRound(POLICY, this.state, event);
      this.state = state;
      this.effects.push(...effects);
    }
    return this;
  }

  join(names: readonly string[], nowMs = 0): this {
    return this.send(
      ...names.map((name): RoundEvent => ({ type: "joined", session: session(name), nowMs })),
    );
  }

  /** Applies the same events to each of these members, one member after the other. */
  each(events: readonly MemberEvent[], names: readonly string[]): this {
    for (const name of names) {
      for (const event of events) this.send({ type: "member", session: session(name), event });
    }
    return this;
  }

  left = (...names: string[]): this => this.each([{ type: "left" }], names);
  withdrew = (...names: string[]): this => this.each([{ type: "withdrew", code }], names);
  refuses = (...names: string[]): this =>
    this.each([{ type: "withdrew", code: "PLAN_REFUSED" }], names);
  refused = (...names: string[]): this => this.each([{ type: "refused", code }], names);
  uploaded = (...names: string[]): this => this.each(UPLOAD, names);
  added = (...names: string[]): this => this.each([{ type: "added" }], names);
  /** Applies the events from training to a report that counts. */
  reported = (...names: string[]): this => this.each([...UPLOAD, { type: "added" }], names);

  /** The sessions whose reports the round has asked to add, in that order. */
  get toAdd(): string[] {
    return this.effects.flatMap((effect) => (effect.type === "add" ? [effect.session] : []));
  }

  /** The numbers of members that have reported, whose reports are being added, and at work. */
  get counts(): readonly number[] | undefined {
    if (!("cohort" in this.state)) return undefined;
    const { reported, adding, atWork } = this.state.cohort;
    return [reported, adding, atWork];
  }

  tick(nowMs: number): this {
    return this.send({ type: "tick", nowMs });
  }
}

const configuring = (): Walk => new Walk().join(NAMES);
const reporting = (): Walk => configuring().send({ type: "configured" });
const committing = (): Walk => reporting().reported("a", "b", "c", "d");

describe("a round that selects", () => {
  it("gathers goal count times overselection clients, rounded up without floating-point errors", () => {
    expect(cohortSize(POLICY)).toBe(6);
    expect(cohortSize({ ...POLICY, goalCount: 100, overselection: 1.1 })).toBe(110); // 110.00000000000001
    expect(cohortSize({ ...POLICY, goalCount: 3, overselection: 1.1 })).toBe(4);
    expect(cohortSize({ ...POLICY, goalCount: 1, overselection: 1 })).toBe(1);
  });

  it("starts as soon as the cohort is full, and configures exactly its members", () => {
    const walk = new Walk().join(NAMES.slice(0, 5));
    expect(walk.state.phase).toBe("selecting");
    walk.join(["f"], 40);
    expect(walk.state).toMatchObject({ phase: "configuring", deadlineMs: 1_040 });
    expect(walk.effects).toEqual([{ type: "configure", members: NAMES }]);
  });

  it("counts a client that joins twice once", () => {
    const walk = new Walk().join(["a", "a", "a", "a", "a", "a"]);
    expect(walk.state).toMatchObject({ phase: "selecting", waiting: new Set(["a"]) });
  });

  it("forgets a client that goes before the start", () => {
    const walk = new Walk()
      .join(["a", "b"])
      .send({ type: "gone", session: session("a") }, { type: "gone", session: session("b") });
    expect(walk.state).toMatchObject({ phase: "selecting", waiting: new Set() });
  });

  it("starts with the minimum when its time is up", () => {
    const walk = new Walk().join(["a", "b", "c"]).tick(99);
    expect(walk.state.phase).toBe("selecting");
    expect(walk.tick(100).state.phase).toBe("configuring");
  });

  it("goes on waiting with a new deadline when its time is up and too few have come", () => {
    const walk = new Walk().join(["a", "b"]).tick(250);
    expect(walk.state.phase).toBe("selecting");
    expect(deadlineOf(walk.state)).toBe(350);
    expect(walk.effects).toEqual([]);
  });

  it("starts with the join that completes the minimum when the tick is late", () => {
    const walk = new Walk().join(["a", "b"]).join(["c"], 100);
    expect(walk.state.phase).toBe("configuring");
  });

  it("ends with no members when it is cancelled", () => {
    const walk = new Walk().join(["a", "b"]).send({ type: "cancelled", reason: "cancelled" });
    expect(walk.state).toMatchObject({ phase: "abandoned", reason: "cancelled" });
    expect(walk.counts).toEqual([0, 0, 0]);
    expect(walk.effects).toEqual([{ type: "announce" }]);
  });

  it("ignores events of later phases", () => {
    const walk = new Walk()
      .join(["a"])
      .reported("a")
      .refused("a")
      .send({ type: "configured" }, { type: "committed" }, { type: "failed" });
    expect(walk.state).toMatchObject({ phase: "selecting", waiting: new Set(["a"]) });
    expect(walk.effects).toEqual([]);
  });
});

describe("a round that configures its cohort", () => {
  it("goes on to reporting when every member is being told", () => {
    const walk = reporting();
    expect(walk.state).toMatchObject({ phase: "reporting", deadlineMs: 1_000 });
    expect(walk.counts).toEqual([0, 0, 6]);
  });

  it("does not wait for members that have left in the meantime", () => {
    const walk = configuring().left("a").withdrew("b").send({ type: "configured" });
    expect(walk.counts).toEqual([0, 0, 4]);
  });

  it("is abandoned once configured when too few members are left to reach the minimum", () => {
    const walk = configuring().left("a", "b", "c", "d").send({ type: "configured" });
    expect(walk.state).toMatchObject({ phase: "abandoned", reason: "too-few-left" });
  });

  it("accepts no new members", () => {
    const { state } = configuring().join(["late"]);
    expect("cohort" in state && [...state.cohort.sessions]).toEqual(NAMES);
  });

  it("is abandoned when it fails, is cancelled, or still goes on at the deadline", () => {
    const ends = [
      configuring().send({ type: "failed" }),
      configuring().send({ type: "cancelled", reason: "cancelled" }),
      configuring().tick(1_000),
    ];
    expect(ends.map(({ state }) => "reason" in state && state.reason)).toEqual([
      "configuration-failed",
      "cancelled",
      "reporting-timeout",
    ]);
    for (const { effects } of ends) expect(effects.at(-1)).toEqual({ type: "announce" });
    expect(configuring().tick(999).state.phase).toBe("configuring");
  });

  it("keeps reports that come while other members are still being told, and adds them afterwards", () => {
    const walk = configuring().uploaded("a", "b");
    expect(walk.toAdd).toEqual([]);
    walk.send({ type: "configured" });
    expect(walk.toAdd).toEqual(["a", "b"]);
  });
});

describe("a round that takes reports", () => {
  it("has each complete report added, in the order in which the reports were completed", () => {
    const walk = reporting().uploaded("c", "a");
    expect(walk.toAdd).toEqual(["c", "a"]);
    expect(walk.counts).toEqual([0, 2, 6]);
    expect(walk.added("a").counts).toEqual([1, 1, 5]);
  });

  it("commits with the last report of its goal count, and counts none after it", () => {
    const walk = reporting().reported("a", "b", "c");
    expect(walk.state.phase).toBe("reporting");
    expect(walk.counts).toEqual([3, 0, 3]);
    walk.reported("d", "e");
    expect(walk.state.phase).toBe("committing");
    expect(walk.counts).toEqual([4, 0, 2]);
    expect(walk.effects.filter(({ type }) => type === "commit")).toHaveLength(1);
  });

  it("adds no more reports than the goal takes until one of them is refused", () => {
    const walk = reporting().uploaded(...NAMES);
    expect(walk.toAdd).toEqual(["a", "b", "c", "d"]);
    walk.refused("b");
    expect(walk.toAdd).toEqual(["a", "b", "c", "d", "e"]);
    walk.added("a", "c", "d", "e");
    expect(walk.state.phase).toBe("committing");
    expect("cohort" in walk.state && walk.state.cohort.fates()).toEqual({
      reported: 4,
      refused: { [code]: 1 },
      withdrew: {},
      left: {},
      unfinished: { uploaded: 1 },
    });
  });

  it("counts a member's report once", () => {
    expect(reporting().reported("a", "a", "a", "a").counts).toEqual([1, 0, 5]);
  });

  it("counts no session that is not a member", () => {
    expect(reporting().reported("x", "y", "z", "w").counts).toEqual([0, 0, 6]);
  });

  it("keeps a report whose member leaves afterwards", () => {
    expect(reporting().reported("a").left("a").refused("a").counts).toEqual([1, 0, 5]);
  });

  it("keeps a report whose member leaves while it is being added", () => {
    const walk = reporting().uploaded("a").left("a").withdrew("a");
    expect(walk.counts).toEqual([0, 1, 6]);
    expect(walk.added("a").counts).toEqual([1, 0, 5]);
  });

  it("does not add a report whose member leaves before its turn to be added", () => {
    const walk = reporting()
      .uploaded(...NAMES)
      .left("e")
      .refused("a", "b");
    expect(walk.toAdd).toEqual(["a", "b", "c", "d", "f"]);
  });

  it("commits with the minimum when no member is at work any more", () => {
    const walk = reporting().reported("a", "b", "c").left("d").withdrew("e");
    expect(walk.state.phase).toBe("reporting");
    expect(walk.refused("f").state.phase).toBe("committing");
    expect(walk.counts).toEqual([3, 0, 0]);
  });

  it("is abandoned at once when the minimum is out of reach", () => {
    const walk = reporting().left("a", "b", "c");
    expect(walk.state.phase).toBe("reporting");
    expect(walk.refused("d").state).toMatchObject({ phase: "abandoned", reason: "too-few-left" });
  });

  it("hears all members while those that have ended refuse it alike", () => {
    const walk = reporting().refuses("a", "b", "c", "d");
    expect(walk.state.phase).toBe("reporting");
    walk.each([{ type: "configured" }], ["e"]).refuses("e", "f");
    expect(walk.state).toMatchObject({ phase: "abandoned", reason: "too-few-left" });
    expect("cohort" in walk.state && walk.state.cohort.fates()).toMatchObject({
      withdrew: { PLAN_REFUSED: 6 },
      unfinished: {},
    });
  });

  it.each([
    ["a member begins to report", (walk: Walk) => walk.uploaded("e")],
    ["a member gives up for another reason", (walk: Walk) => walk.withdrew("e")],
    ["a connection is lost", (walk: Walk) => walk.left("e")],
    ["its deadline has come", (walk: Walk) => walk.tick(1_000)],
  ])("is abandoned after refusals as soon as %s", (_, happens) => {
    const walk = happens(reporting().refuses("a", "b", "c", "d"));
    expect(walk.state.phase).toBe("abandoned");
  });

  it("commits at the deadline with the minimum", () => {
    const walk = reporting().reported("a", "b", "c").tick(999);
    expect(walk.state.phase).toBe("reporting");
    expect(walk.tick(1_000).state.phase).toBe("committing");
  });

  it("is abandoned at the deadline with fewer reports than the minimum", () => {
    expect(reporting().reported("a", "b").tick(1_000).state).toMatchObject({
      phase: "abandoned",
      reason: "reporting-timeout",
    });
  });

  it.each<[string, RoundEvent]>([
    ["the deadline", { type: "tick", nowMs: 1_000 }],
    ["the server's end", { type: "stopping" }],
  ])("waits at %s for reports that are being added, and for nothing else", (_, end) => {
    const walk = reporting().reported("a", "b").uploaded("c").send(end);
    expect(walk.state.phase).toBe("reporting");
    expect(deadlineOf(walk.state)).toBeUndefined();
    walk.uploaded("d");
    expect(walk.toAdd).toEqual(["a", "b", "c"]);
    expect(walk.added("c").state.phase).toBe("committing");
    expect(walk.counts).toEqual([3, 0, 3]);
  });

  it("adds a report that was complete at the deadline in place of one that is refused", () => {
    const walk = reporting().reported("a", "b").uploaded("c", "d", "e").tick(1_000);
    walk.refused("c");
    expect(walk.toAdd).toEqual(["a", "b", "c", "d", "e"]);
    walk.refused("d");
    expect(walk.added("e").state.phase).toBe("committing");
  });

  it("is abandoned when it is cancelled", () => {
    const walk = reporting().reported("a").send({ type: "cancelled", reason: "cancelled" });
    expect(walk.state).toMatchObject({ phase: "abandoned", reason: "cancelled" });
  });
});

describe("a round that commits", () => {
  it("is done once it has been stored", () => {
    const walk = committing().send({ type: "committed" });
    expect(walk.state.phase).toBe("done");
    const types = walk.effects.map(({ type }) => type).filter((type) => type !== "add");
    expect(types).toEqual(["configure", "commit", "announce"]);
  });

  it("is abandoned when it cannot be stored", () => {
    expect(committing().send({ type: "failed" }).state).toMatchObject({
      phase: "abandoned",
      reason: "commit-failed",
    });
  });

  it("cannot be cancelled, has no deadline, and counts no member as gone", () => {
    const walk = committing().send({ type: "cancelled", reason: "cancelled" }).tick(9_999);
    const counts = walk.counts;
    walk.left(...NAMES);
    expect(walk.state.phase).toBe("committing");
    expect(walk.counts).toEqual(counts);
    expect(deadlineOf(walk.state)).toBeUndefined();
  });

  it("does not change after its end", () => {
    const done = committing().send({ type: "committed" });
    const { state, effects, counts } = done;
    const known = effects.length;
    done
      .send({ type: "committed" }, { type: "failed" }, { type: "cancelled", reason: "cancelled" })
      .join(["a"])
      .reported("e", "f")
      .tick(9_999);
    expect(done.state).toBe(state);
    expect(done.counts).toEqual(counts);
    expect(effects).toHaveLength(known);
  });
});

describe("a round whose members lose their connections", () => {
  const lost = (walk: Walk, untilMs: number, ...names: string[]): Walk =>
    walk.each([{ type: "lost", awaitedUntilMs: untilMs }], names);
  const given = (walk: Walk): unknown => walk.effects.filter(({ type }) => type === "giveUp");

  it("keeps their seats until its deadline while anyone else is at work", () => {
    const walk = lost(reporting(), 30, "a", "b", "c");
    expect(walk.counts).toEqual([0, 0, 6]);
    expect(deadlineOf(walk.state)).toBe(1_000);
    walk.tick(999);
    expect(walk.counts).toEqual([0, 0, 6]);
    walk.each([{ type: "returned" }], ["a", "b", "c"]).reported("a", "b", "c", "d");
    expect(walk.state.phase).toBe("committing");
    expect(given(walk)).toEqual([]);
  });

  it("waits a while when nobody else is at work, and then closes with the reports that it has", () => {
    const walk = reporting().reported("a", "b", "c").left("d");
    lost(walk, 20, "e");
    expect(deadlineOf(walk.state)).toBe(1_000);
    lost(walk, 30, "f");
    expect(deadlineOf(walk.state)).toBe(30);
    walk.tick(29);
    expect(walk.state.phase).toBe("reporting");
    walk.tick(30);
    expect(walk.state.phase).toBe("committing");
    expect(given(walk)).toEqual([{ type: "giveUp", members: ["e", "f"] }]);
    expect(walk.state).toMatchObject({ phase: "committing" });
  });

  it("is abandoned when all of them are gone for too long", () => {
    const walk = lost(reporting(), 30, ...NAMES).tick(30);
    expect(walk.state).toMatchObject({ phase: "abandoned", reason: "too-few-left" });
  });

  it("does not wait for a member whose report was complete before it was lost", () => {
    const walk = reporting().reported("a", "b", "c").left("d", "e").uploaded("f");
    lost(walk, 30, "f");
    expect(deadlineOf(walk.state)).toBe(1_000);
    walk.added("f");
    expect(walk.state.phase).toBe("committing");
  });

  it("counts the rest of its time again when one of them comes back", () => {
    const walk = lost(reporting(), 30, ...NAMES)
      .each([{ type: "returned" }], ["a"])
      .tick(500);
    expect(walk.counts).toEqual([0, 0, 6]);
    expect(deadlineOf(walk.state)).toBe(1_000);
  });
});
