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
   * @returns The code of the error with which it is refused, if it is; a promise of it, where the
   *   report is not there yet.
   */
  add(client: number): ErrorCode | undefined | Promise<ErrorCode | undefined>;
}

/** Something that a member does at a time. */
interface Happening {
  readonly atMs: number;
  readonly session: SessionId;
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
  // Hardly any step has to wait for something. Those that need not return nothing, because a turn of
  // the microtask queue for each of them would cost a round of small trainings a tenth of its time.
  const step = (event: RoundEvent): Pending => {
    const { state: after, effects } = stepRound(policy, state, event);
    state = after;
    return performAll(effects, 0);
  };
  const performAll = (effects: readonly RoundEffect[], from: number): Pending => {
    for (let at = from; at < effects.length; at++) {
      const pending = perform(effects[at]!);
      if (pending !== undefined) return pending.then(() => performAll(effects, at + 1));
    }
    return undefined;
  };
  const perform = (effect: RoundEffect): Pending => {
    if (effect.type === "configure") {
      members = effect.members.map((session) => bySession.get(session)!);
      return work.begin(members).then(() => step({ type: "configured" }));
    }
    if (effect.type !== "add") return undefined;
    const { session } = effect;
    const added = (code: ErrorCode | undefined): Pending =>
      step({
        type: "member",
        session,
        event: code === undefined ? ADDED : { type: "refused", code },
      });
    const code = work.add(bySession.get(session)!.client);
    return code instanceof Promise ? code.then(added) : added(code);
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

  for (const [session, { comesMs }] of bySession) {
    if (comesMs > nowMs) await passTo(comesMs);
    if (state.phase !== "selecting") break;
    const pending = step({ type: "joined", session, nowMs });
    if (pending !== undefined) await pending;
  }
  // Nobody else comes. The round starts at its deadline if those that wait are enough.
  if (state.phase === "selecting") await step({ type: "tick", nowMs: (nowMs = state.deadlineMs) });
  if (state.phase === "selecting") await step({ type: "cancelled", reason: "cancelled" });
  const selectedMs = nowMs;
  for (const { atMs, session, event } of happenings(members)) {
    if (isOver(state)) break;
    if (selectedMs + atMs > nowMs) await passTo(selectedMs + atMs);
    const pending = step({ type: "member", session, event });
    if (pending !== undefined) await pending;
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

/** A promise where something has to be waited for. */
type Pending = Promise<void> | undefined;

const ADDED: MemberEvent = { type: "added" };
const LEFT: MemberEvent = { type: "left" };
const CONFIGURED: MemberEvent = { type: "configured" };
const COMPLETE: MemberEvent = { type: "began", isComplete: true };

/**
 * What all members do, in the order of time; at the same time, in the order of their coming. Who leaves
 * does so before its report is complete, even where devices work in no time.
 */
function happenings(courses: readonly MemberCourse[]): readonly Happening[] {
  const all: Happening[] = [];
  const add = (atMs: number, session: SessionId, event: MemberEvent): void => {
    if (atMs < Infinity) all.push({ atMs, session, event });
  };
  for (const { client, configuredMs, reportedMs, leavesMs } of courses) {
    const session = sessionOf(client);
    add(leavesMs, session, LEFT);
    add(configuredMs, session, CONFIGURED);
    add(reportedMs, session, COMPLETE);
  }
  return all.sort((a, b) => a.atMs - b.atMs);
}
