import {
  NO_FATES,
  deadlineOf,
  openRound,
  stepRound,
  type MemberEvent,
  type RoundEffect,
  type RoundEvent,
  type RoundFates,
  type RoundPolicy,
  type RoundState,
} from "@tributary/core";
import type { ErrorCode, SessionId } from "@tributary/protocol";
import type { MemberCourse } from "./member-course.ts";

/** How a round has gone, until it can be committed or is over. */
export interface RoundEnd {
  /** Why it was abandoned; null when it can be committed. */
  readonly reason: string | null;
  /** When it ended, virtual milliseconds. */
  readonly endMs: number;
  readonly selected: number;
  readonly fates: RoundFates;
  /** For how long members have worked, virtual milliseconds of their devices, all together. */
  readonly deviceMs: number;
  /** The part of it that came to no report that counts. */
  readonly wastedMs: number;
  /** The clients whose reports count. */
  readonly counted: readonly number[];
}

/** What is done for the members of a round. */
export interface RoundWork {
  /** Called once, when the cohort is complete. */
  begin(members: readonly MemberCourse[]): Promise<void>;
  /**
   * Adds the report of a member.
   * @returns The code of the error with which it is refused, if it is.
   */
  add(client: number): Promise<ErrorCode | undefined>;
}

/** Something that a member does at a time. */
interface Happening {
  readonly atMs: number;
  readonly client: number;
  readonly event: MemberEvent;
}

/** The name under which the state machine knows a client. */
const sessionOf = (client: number): SessionId => `ses_${client}` as SessionId;

/**
 * Lets a round take its course in virtual time. The state machine is the one that servers run.
 * @param courses - Of the clients that come, in the order in which they come.
 * @param startMs - When the round opens, virtual milliseconds.
 * @param work - What is done for the members.
 */
export async function takeCourse(
  policy: RoundPolicy,
  courses: readonly MemberCourse[],
  startMs: number,
  work: RoundWork,
): Promise<RoundEnd> {
  const bySession = new Map(courses.map((course) => [sessionOf(course.client), course]));
  let members: readonly MemberCourse[] = [];
  let state = openRound(policy, startMs);
  let nowMs = startMs;
  const step = (event: RoundEvent): Promise<void> | undefined => {
    const { state: after, effects } = stepRound(policy, state, event);
    state = after;
    return effects.length === 0 ? undefined : performAll(effects);
  };
  const performAll = async (effects: readonly RoundEffect[]): Promise<void> => {
    for (const effect of effects) await perform(effect);
  };
  const perform = async (effect: RoundEffect): Promise<void> => {
    if (effect.type === "configure") {
      members = effect.members.map((session) => bySession.get(session)!);
      await work.begin(members);
      await step({ type: "configured" });
    }
    if (effect.type !== "add") return;
    const { session } = effect;
    const code = await work.add(bySession.get(session)!.client);
    const event: MemberEvent = code === undefined ? { type: "added" } : { type: "refused", code };
    await step({ type: "member", session, event });
  };
  /** Lets time pass up to a moment, but no further than to a deadline that changes the phase. */
  const passTo = async (atMs: number): Promise<void> => {
    const { phase } = state;
    for (let due = deadlineOf(state); due !== undefined && due < atMs; due = deadlineOf(state)) {
      nowMs = due;
      await step({ type: "tick", nowMs });
      if (state.phase !== phase) return;
    }
    if (atMs < Infinity) nowMs = Math.max(nowMs, atMs);
  };

  for (const { client, comesMs } of courses) {
    await passTo(comesMs);
    if (state.phase !== "selecting") break;
    await step({ type: "joined", session: sessionOf(client), nowMs });
  }
  // Nobody else comes. The round starts at its deadline if those that wait are enough.
  if (state.phase === "selecting") await step({ type: "tick", nowMs: (nowMs = state.deadlineMs) });
  if (state.phase === "selecting") await step({ type: "cancelled", reason: "cancelled" });
  const selectedMs = nowMs;
  for (const { atMs, client, event } of happenings(members)) {
    if (isOver(state)) break;
    await passTo(selectedMs + atMs);
    await step({ type: "member", session: sessionOf(client), event });
  }
  if (!isOver(state)) await passTo(Infinity);
  return {
    reason: state.phase === "abandoned" ? state.reason : null,
    endMs: nowMs,
    selected: "cohort" in state ? state.cohort.size : 0,
    fates: "cohort" in state ? state.cohort.fates() : NO_FATES,
    ...workOf(members, state, nowMs - selectedMs),
  };
}

/** Whose reports count, and how long the members' devices have worked until the round was over. */
function workOf(
  members: readonly MemberCourse[],
  state: RoundState,
  roundMs: number,
): Pick<RoundEnd, "deviceMs" | "wastedMs" | "counted"> {
  const counted: number[] = [];
  let [deviceMs, wastedMs] = [0, 0];
  for (const { client, reportedMs, leavesMs } of members) {
    const workedMs = Math.min(reportedMs, leavesMs, roundMs);
    const stage = "cohort" in state ? state.cohort.state(sessionOf(client))?.stage : undefined;
    deviceMs += workedMs;
    if (state.phase === "committing" && stage === "reported") counted.push(client);
    else wastedMs += workedMs;
  }
  return { deviceMs, wastedMs, counted };
}

/** Whether nothing that members do can change the round any more. */
const isOver = ({ phase }: RoundState): boolean => phase === "committing" || phase === "abandoned";

const LEFT: MemberEvent = { type: "left" };
const CONFIGURED: MemberEvent = { type: "configured" };
const COMPLETE: MemberEvent = { type: "began", isComplete: true };

/**
 * What all members do, in the order of time; at the same time, in the order of their coming. Who leaves
 * does so before its report is complete, even where devices work in no time.
 */
function happenings(courses: readonly MemberCourse[]): readonly Happening[] {
  const all: Happening[] = [];
  const add = (atMs: number, client: number, event: MemberEvent): void => {
    if (atMs < Infinity) all.push({ atMs, client, event });
  };
  for (const { client, configuredMs, reportedMs, leavesMs } of courses) {
    add(leavesMs, client, LEFT);
    add(configuredMs, client, CONFIGURED);
    add(reportedMs, client, COMPLETE);
  }
  return all.sort((a, b) => a.atMs - b.atMs);
}
