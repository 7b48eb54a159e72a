import type { SessionId } from "@tributary/protocol";
import { describe, expect, it } from "vitest";

import {
  cohortSize,
  deadlineOf,
  openRound,
  step,
  type RoundEffect,
  type RoundEvent,
  type RoundPolicy,
  type RoundState,
} from "../src/rounds/round.ts";

/** Goal 4, minimum 3, cohort 6. */
const POLICY: RoundPolicy = {
  goalCount: 4,
  overselection: 1.5,
  minimumFraction: 0.75,
  selectionTimeoutMs: 100,
  reportingTimeoutMs: 1_000,
};

const session = (name: string): SessionId => name as SessionId;
const NAMES = ["a", "b", "c", "d", "e", "f"];

/** A round and what it has asked for so far. */
class Walk {
  state: RoundState = openRound(POLICY, 0);
  readonly effects: RoundEffect[] = [];

  send(...events: RoundEvent[]): this {
    for (const event of events) {
      const { state, effects } = step(POLICY, this.state, event);
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

  each(type: "left" | "withdrew" | "reported" | "refused", names: readonly string[]): this {
    return this.send(...names.map((name): RoundEvent => ({ type, session: session(name) })));
  }

  tick(nowMs: number): this {
    return this.send({ type: "tick", nowMs });
  }
}

const configuring = (): Walk => new Walk().join(NAMES);
const reporting = (): Walk => configuring().send({ type: "configured" });
const committing = (): Walk => reporting().each("reported", ["a", "b", "c", "d"]);

describe("selecting", () => {
  it("gathers goal times overselection, rounded up, without floating-point dust", () => {
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

  it("takes a client that joins twice as one", () => {
    const walk = new Walk().join(["a", "a", "a", "a", "a", "a"]);
    expect(walk.state).toMatchObject({ phase: "selecting", waiting: new Set(["a"]) });
  });

  it("forgets a client that leaves or withdraws before the start", () => {
    const walk = new Walk().join(["a", "b"]).each("left", ["a"]).each("withdrew", ["b"]);
    expect(walk.state).toMatchObject({ phase: "selecting", waiting: new Set() });
  });

  it("starts with the minimum when its time is up", () => {
    const walk = new Walk().join(["a", "b", "c"]).tick(99);
    expect(walk.state.phase).toBe("selecting");
    expect(walk.tick(100).state.phase).toBe("configuring");
  });

  it("waits on when its time is up and too few have come, and sets another deadline", () => {
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
    expect(walk.state).toEqual({ phase: "abandoned", members: new Map(), reason: "cancelled" });
    expect(walk.effects).toEqual([{ type: "announce" }]);
  });

  it("ignores what belongs to later phases", () => {
    const walk = new Walk()
      .join(["a"])
      .each("reported", ["a"])
      .each("refused", ["a"])
      .send({ type: "configured" }, { type: "committed" }, { type: "failed" });
    expect(walk.state).toMatchObject({ phase: "selecting", waiting: new Set(["a"]) });
    expect(walk.effects).toEqual([]);
  });
});

describe("configuring", () => {
  it("goes on to reporting when every member has been sent its configuration", () => {
    expect(reporting().state).toMatchObject({
      phase: "reporting",
      accepted: 0,
      pending: 6,
      deadlineMs: 1_000,
    });
  });

  it("does not wait for those who left meanwhile", () => {
    const walk = configuring().each("left", ["a"]).each("withdrew", ["b"]);
    expect(walk.send({ type: "configured" }).state).toMatchObject({ pending: 4 });
  });

  it("is abandoned once configured when too few are left to reach the minimum", () => {
    const walk = configuring().each("left", ["a", "b", "c", "d"]).send({ type: "configured" });
    expect(walk.state).toMatchObject({ phase: "abandoned", reason: "too-few-left" });
  });

  it("takes no new members", () => {
    expect(configuring().join(["late"]).state).toMatchObject({
      members: new Map(NAMES.map((name) => [name, "training"])),
    });
  });

  it("is abandoned when it fails, is cancelled, or is still going on at the deadline", () => {
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
});

describe("reporting", () => {
  it("commits with the goal's last report and counts none after it", () => {
    const walk = reporting().each("reported", ["a", "b", "c"]);
    expect(walk.state).toMatchObject({ phase: "reporting", accepted: 3, pending: 3 });
    walk.each("reported", ["d", "e"]);
    expect(walk.state).toMatchObject({ phase: "committing", accepted: 4 });
    expect(walk.effects.slice(1)).toEqual([{ type: "commit" }]);
  });

  it("counts a member's report once", () => {
    expect(reporting().each("reported", ["a", "a", "a", "a"]).state).toMatchObject({
      accepted: 1,
      pending: 5,
    });
  });

  it("counts no stranger", () => {
    expect(reporting().each("reported", ["x", "y", "z", "w"]).state).toMatchObject({
      accepted: 0,
      pending: 6,
    });
  });

  it("keeps a report whose member leaves afterwards", () => {
    const walk = reporting().each("reported", ["a"]).each("left", ["a"]).each("refused", ["a"]);
    expect(walk.state).toMatchObject({ accepted: 1, pending: 5 });
  });

  it("commits with the minimum when nobody is left to wait for", () => {
    const walk = reporting()
      .each("reported", ["a", "b", "c"])
      .each("left", ["d"])
      .each("withdrew", ["e"]);
    expect(walk.state.phase).toBe("reporting");
    expect(walk.each("refused", ["f"]).state).toMatchObject({ phase: "committing", accepted: 3 });
  });

  it("is abandoned at once when the minimum is out of reach", () => {
    const walk = reporting().each("left", ["a", "b", "c"]);
    expect(walk.state.phase).toBe("reporting");
    expect(walk.each("refused", ["d"]).state).toMatchObject({
      phase: "abandoned",
      reason: "too-few-left",
    });
  });

  it("commits at the deadline with the minimum", () => {
    const walk = reporting().each("reported", ["a", "b", "c"]).tick(999);
    expect(walk.state.phase).toBe("reporting");
    expect(walk.tick(1_000).state.phase).toBe("committing");
  });

  it("is abandoned at the deadline with fewer", () => {
    expect(reporting().each("reported", ["a", "b"]).tick(1_000).state).toMatchObject({
      phase: "abandoned",
      reason: "reporting-timeout",
    });
  });

  it("is abandoned when it is cancelled", () => {
    expect(
      reporting().each("reported", ["a"]).send({ type: "cancelled", reason: "cancelled" }).state,
    ).toMatchObject({
      phase: "abandoned",
      reason: "cancelled",
    });
  });
});

describe("committing and after", () => {
  it("is done once written", () => {
    const walk = committing().send({ type: "committed" });
    expect(walk.state).toMatchObject({ phase: "done", accepted: 4 });
    expect(walk.effects.map(({ type }) => type)).toEqual(["configure", "commit", "announce"]);
  });

  it("is abandoned when it cannot be written", () => {
    expect(committing().send({ type: "failed" }).state).toMatchObject({
      phase: "abandoned",
      reason: "commit-failed",
    });
  });

  it("is past cancelling, ticking and leaving", () => {
    const walk = committing()
      .send({ type: "cancelled", reason: "cancelled" })
      .tick(9_999)
      .each("left", NAMES);
    expect(walk.state).toMatchObject({ phase: "committing", accepted: 4 });
    expect(deadlineOf(walk.state)).toBeUndefined();
  });

  it("changes no more when it has ended", () => {
    const done = committing().send({ type: "committed" });
    const { state, effects } = done;
    const known = effects.length;
    done
      .send({ type: "committed" }, { type: "failed" }, { type: "cancelled", reason: "cancelled" })
      .join(["a"])
      .each("reported", ["e", "f"])
      .tick(9_999);
    expect(done.state).toBe(state);
    expect(effects).toHaveLength(known);
  });
});
