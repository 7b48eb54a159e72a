import type { RoundPolicy } from "@tributary/core";
import { describe, expect, it } from "vitest";
import type { MemberCourse } from "../src/runner/member-course.ts";
import { takeCourse, type RoundEnd } from "../src/runner/round-course.ts";

const POLICY: RoundPolicy = {
  goalCount: 3,
  overselection: 4 / 3,
  minimumFraction: 0.6,
  selectionTimeoutMs: 1_000,
  reportingTimeoutMs: 10_000,
};

/** A client that comes at once and reports after so many seconds. */
const after = (
  client: number,
  seconds: number,
  rest: Partial<MemberCourse> = {},
): MemberCourse => ({
  ...{ client, comesMs: 0, epochs: 1, configuredMs: 0, reportedMs: 1_000 * seconds },
  leavesMs: Infinity,
  ...rest,
});

/** Lets a round take its course. Returns its end and the clients whose reports were added. */
async function course(
  courses: readonly MemberCourse[],
  refused: readonly number[] = [],
): Promise<RoundEnd & { readonly added: readonly number[] }> {
  const added: number[] = [];
  const end = await takeCourse(POLICY, courses, 0, {
    begin: async () => {},
    async add(client) {
      if (refused.includes(client)) return "UPDATE_NOT_FINITE";
      added.push(client);
      return undefined;
    },
  });
  return { ...end, added };
}

describe("a round in virtual time", () => {
  it("closes with the reports that come first, and wastes the work of the others", async () => {
    const end = await course([after(7, 4), after(3, 1), after(5, 3), after(1, 2)]);
    expect(end).toMatchObject({ reason: null, endMs: 3_000, selected: 4, counted: [3, 5, 1] });
    expect(end.added).toEqual([3, 1, 5]);
    expect(end).toMatchObject({ deviceMs: 1_000 + 2_000 + 3_000 + 3_000, wastedMs: 3_000 });
  });

  it("takes the next report in place of one that is refused", async () => {
    const end = await course([after(0, 1), after(1, 2), after(2, 3), after(3, 4)], [0]);
    expect(end.added).toEqual([1, 2, 3]);
    expect(end).toMatchObject({ reason: null, endMs: 4_000, wastedMs: 1_000 });
  });

  it("commits at its deadline with the minimum, and is abandoned with less", async () => {
    const slow = [after(2, 20), after(3, 30)];
    const enough = await course([after(0, 1), after(1, 2), ...slow]);
    expect(enough).toMatchObject({ reason: null, endMs: 10_000, counted: [0, 1] });
    const few = await course([after(0, 1), after(1, 20), ...slow]);
    expect(few).toMatchObject({ reason: "reporting-timeout", endMs: 10_000, counted: [] });
    expect(few.wastedMs).toBe(1_000 + 3 * 10_000);
  });

  it("is abandoned as soon as too few are left", async () => {
    const end = await course([
      ...[0, 1, 2].map((client) => after(client, 9, { leavesMs: 1_000 * (client + 1) })),
      after(3, 9),
    ]);
    expect(end).toMatchObject({ reason: "too-few-left", endMs: 3_000 });
  });

  it("takes no report from those who leave, even where devices work in no time", async () => {
    const end = await course([
      after(0, 0, { leavesMs: 0 }),
      ...[1, 2, 3].map((client) => after(client, 0)),
    ]);
    expect(end).toMatchObject({ reason: null, endMs: 0, counted: [1, 2, 3] });
    expect(end.added).toEqual([1, 2, 3]);
  });

  it("waits for those that come later, and starts with the minimum at a deadline", async () => {
    const late = [after(0, 1), after(1, 1, { comesMs: 500 }), after(2, 1, { comesMs: 5_500 })];
    // At 1,000 ms two of three wait, which is the minimum.
    expect(await course(late)).toMatchObject({ reason: null, selected: 2, endMs: 2_000 });
    const later = [after(0, 1), after(1, 1, { comesMs: 5_500 })];
    // After a deadline without the minimum it starts as soon as there is one at a deadline.
    expect(await course(later)).toMatchObject({ reason: null, selected: 2, endMs: 7_000 });
  });

  it("comes to nothing when too few ever come", async () => {
    expect(await course([after(0, 1)])).toMatchObject({ reason: "cancelled", selected: 0 });
  });
});
