import { describe, expect, it } from "vitest";
import { NO_FATES, type RoundFates } from "../src/member/fates.ts";
import { CommonRefusal } from "../src/rounds/common-refusal.ts";

const withdrew = (
  counts: Record<string, number>,
  others: Partial<RoundFates> = {},
): RoundFates => ({
  ...NO_FATES,
  withdrew: counts,
  ...others,
});
const REFUSED = withdrew({ PLAN_REFUSED: 3 });
const INVALID = withdrew({ EXAMPLES_INVALID: 3 });
const THREE_SITES = ["192.0.2.1", "192.0.2.2", "192.0.2.3"];

/** Returns what the rounds came to, one after the other. */
function decide(rounds: readonly RoundFates[], sites = THREE_SITES): (string | undefined)[] {
  const refusal = new CommonRefusal();
  return rounds.map((fates) => refusal.note(fates, sites));
}

describe("a refusal by all clients", () => {
  it("is sure after three rounds that every member has refused with the same error", () => {
    expect(decide([REFUSED, REFUSED, REFUSED])).toEqual([undefined, undefined, "PLAN_REFUSED"]);
  });

  it.each([
    ["a connection was lost", withdrew({ PLAN_REFUSED: 2 }, { left: { training: 1 } })],
    ["a member was still at work", withdrew({ PLAN_REFUSED: 2 }, { unfinished: { training: 1 } })],
    ["the errors differ", withdrew({ PLAN_REFUSED: 2, EXAMPLES_INVALID: 1 })],
    ["another attempt may succeed", withdrew({ TRAINING_FAILED: 3 })],
    ["people have stopped the app", withdrew({ ABORTED: 3 })],
    ["nobody was selected", NO_FATES],
    ["the error is another one", INVALID],
  ])("begins anew when %s in a round", (_, fates) => {
    expect(decide([REFUSED, REFUSED, fates, REFUSED, REFUSED])).toEqual(Array(5).fill(undefined));
    expect(decide([REFUSED, REFUSED, fates, REFUSED, REFUSED, REFUSED]).at(-1)).toBeDefined();
  });

  it.each([
    ["has reported", { reported: 1 }],
    ["has had its report refused", { refused: { UPDATE_SHAPE: 1 } }],
    ["has begun to report", { unfinished: { asking: 1 } }],
    ["was lost while it reported", { left: { uploading: 1 } }],
  ])("is never sure once a client %s", (_, others: Partial<RoundFates>) => {
    const rounds = [withdrew({ PLAN_REFUSED: 2 }, others), ...Array<RoundFates>(9).fill(REFUSED)];
    expect(decide(rounds)).toEqual(Array(10).fill(undefined));
  });

  it("begins anew when the task is started again", () => {
    const refusal = new CommonRefusal();
    for (let round = 0; round < 2; round++) refusal.note(REFUSED, THREE_SITES);
    refusal.forget();
    expect(refusal.note(REFUSED, THREE_SITES)).toBeUndefined();
  });

  it("is not sure when all refusals come from one or two sites", () => {
    const rounds = Array<RoundFates>(9).fill(REFUSED);
    expect(decide(rounds, THREE_SITES.slice(1))).toEqual(Array(9).fill(undefined));
  });

  it("may be that of the clients of the server's own machine alone", () => {
    expect(decide([REFUSED, REFUSED, REFUSED], []).at(-1)).toBe("PLAN_REFUSED");
  });
});
