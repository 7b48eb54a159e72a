import { describe, expect, it } from "vitest";

import {
  SELECTED,
  isAtWork,
  stepMember,
  type MemberEvent,
  type MemberState,
} from "../src/member/member.ts";

const code = "INTERNAL";

const EVENTS = {
  configured: { type: "configured" },
  began: { type: "began", isComplete: false },
  beganComplete: { type: "began", isComplete: true },
  granted: { type: "granted" },
  uploaded: { type: "uploaded" },
  adding: { type: "adding" },
  added: { type: "added" },
  refused: { type: "refused", code },
  withdrew: { type: "withdrew", code },
  lost: { type: "lost", awaitedUntilMs: 5 },
  returned: { type: "returned" },
  gaveWay: { type: "gaveWay" },
  left: { type: "left" },
} as const satisfies Record<string, MemberEvent>;

type EventName = keyof typeof EVENTS;

/** For each stage of a member at work: the events that can happen, and the stage after each. */
const TABLE: Readonly<Record<string, Partial<Record<EventName, string>>>> = {
  configuring: { configured: "training", lost: "configuring" },
  training: { began: "asking", beganComplete: "uploaded", lost: "training" },
  asking: { granted: "uploading", lost: "training" },
  uploading: { uploaded: "uploaded", lost: "uploading" },
  uploaded: { adding: "adding", lost: "uploaded" },
  adding: { added: "reported", refused: "refused", lost: "adding" },
};
/** The same for a member that is away. */
const AWAY: Readonly<Record<string, Partial<Record<EventName, string>>>> = {
  configuring: { returned: "configuring" },
  training: { returned: "training" },
  uploading: { returned: "uploading", gaveWay: "training" },
  uploaded: { returned: "uploaded", adding: "adding" },
  adding: { returned: "adding", added: "reported", refused: "refused" },
};
const ANYWHERE = { refused: "refused", withdrew: "withdrew", left: "left" };

describe("a member of a cohort", () => {
  it("begins by being configured", () => {
    expect(SELECTED).toEqual({ stage: "configuring" });
  });

  it.each(Object.keys(TABLE))(
    "goes from %s to exactly the stages that the table names",
    (stage) => {
      const expected = stage === "adding" ? TABLE[stage] : { ...ANYWHERE, ...TABLE[stage] };
      for (const name of Object.keys(EVENTS) as EventName[]) {
        const after = stepMember({ stage } as MemberState, EVENTS[name]);
        expect([name, after?.stage]).toEqual([name, expected?.[name]]);
      }
    },
  );

  it.each(Object.keys(AWAY))("that is away goes from %s where the table says", (stage) => {
    const expected = stage === "adding" ? AWAY[stage] : { ...ANYWHERE, ...AWAY[stage] };
    for (const name of Object.keys(EVENTS) as EventName[]) {
      const after = stepMember({ stage, isAway: true } as MemberState, EVENTS[name]);
      expect([name, after?.stage]).toEqual([name, expected?.[name]]);
      if (after === undefined || !isAtWork(after)) continue;
      expect([name, after.isAway]).toEqual([name, name === "returned" ? undefined : true]);
    }
  });

  it.each<MemberState>([
    { stage: "reported" },
    { stage: "refused", code },
    { stage: "withdrew", code },
    { stage: "left", during: "training" },
  ])("never changes again once it is $stage", (state) => {
    expect(isAtWork(state)).toBe(false);
    for (const event of Object.values(EVENTS)) expect(stepMember(state, event)).toBeUndefined();
  });

  it("remembers the stage in which it left, and the code with which it was refused", () => {
    expect(stepMember({ stage: "asking" }, { type: "left" })).toEqual({
      stage: "left",
      during: "asking",
    });
    expect(stepMember({ stage: "adding" }, { type: "refused", code: "UPDATE_NOT_FINITE" })).toEqual(
      { stage: "refused", code: "UPDATE_NOT_FINITE" },
    );
  });
});
