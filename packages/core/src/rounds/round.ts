import { minimumReports, type SessionId } from "@tributary/protocol";
import { Cohort } from "../member/cohort.ts";
import type { MemberEvent } from "../member/member.ts";

/** How a round gathers its cohort and when it closes. Counts are of clients. */
export interface RoundPolicy {
  /** Number of reports that closes the round; ≥ 1. */
  readonly goalCount: number;
  /** The cohort has goalCount · overselection members, rounded up; ≥ 1. */
  readonly overselection: number;
  /** The least share of goalCount with which a round may start and may commit; in (0, 1]. */
  readonly minimumFraction: number;
  /** After this long a round starts with the clients that wait, if they are the minimum. */
  readonly selectionTimeoutMs: number;
  /** Time from the selection of the cohort to the last report that counts. */
  readonly reportingTimeoutMs: number;
  /**
   * Whether the round is given up when too few clients have come within the selection timeout. A
   * round that is not optional waits on. Default false.
   */
  readonly isOptional?: boolean;
}

/** Why a round came to nothing. */
export type AbandonReason =
  | "too-few-came"
  | "too-few-left"
  | "reporting-timeout"
  | "configuration-failed"
  | "commit-failed"
  | CancelReason;

/** Why a round is given up although nothing is wrong with it. */
export type CancelReason = "cancelled" | "rolled-back" | "not-scheduled" | "server-stopping";

/**
 * One attempt at a round.
 *
 * Invariants, for every state that `stepRound` returns:
 * - a session is a member at most once, and never changes once it is not at work any more;
 * - reports that have been added and those that are being added are together ≤ goalCount;
 * - `committing` is entered at most once, with at least the minimum of reports, and no report is
 *   being added then;
 * - in `committing`, `done` and `abandoned` the cohort does not change any more;
 * - `done` and `abandoned` are final.
 */
export type RoundState =
  /** Waits for clients; `waiting` are those that have come. */
  | { readonly phase: "selecting"; readonly waiting: Set<SessionId>; readonly deadlineMs: number }
  /** Has its cohort, whose members are being told so. */
  | { readonly phase: "configuring"; readonly cohort: Cohort; readonly deadlineMs: number }
  | {
      readonly phase: "reporting";
      readonly cohort: Cohort;
      readonly deadlineMs: number;
      /**
       * Set when the round's time is over while reports are being added: these still count, and the
       * round is decided after the last of them.
       */
      readonly due?: "reporting-timeout" | "server-stopping";
    }
  | { readonly phase: "committing"; readonly cohort: Cohort }
  | { readonly phase: "done"; readonly cohort: Cohort }
  | { readonly phase: "abandoned"; readonly cohort: Cohort; readonly reason: AbandonReason };

/** What happens to a round from outside. */
export type RoundEvent =
  /** A client waits to be selected. */
  | { readonly type: "joined"; readonly session: SessionId; readonly nowMs: number }
  /** A client that waited to be selected waits no longer. */
  | { readonly type: "gone"; readonly session: SessionId }
  /** A selected client turns out to have gone, or not to be allowed: it is no member after all. */
  | { readonly type: "unseated"; readonly session: SessionId }
  /** Something has happened to a member of the cohort. */
  | { readonly type: "member"; readonly session: SessionId; readonly event: MemberEvent }
  /** Every member has been told, or is being told. */
  | { readonly type: "configured" }
  | { readonly type: "tick"; readonly nowMs: number }
  | { readonly type: "committed" }
  | { readonly type: "failed" }
  | { readonly type: "cancelled"; readonly reason: Exclude<CancelReason, "server-stopping"> }
  /** The server ends: the round commits if it can, and is given up if it cannot. */
  | { readonly type: "stopping" };

/** What whoever drives the round has to do after a step. */
export type RoundEffect =
  /** Send plan and model to these clients. */
  | { readonly type: "configure"; readonly members: readonly SessionId[] }
  /** Add this member's report to the sums. */
  | { readonly type: "add"; readonly session: SessionId }
  /** Forget these members: they were away, and are not waited for any longer. */
  | { readonly type: "giveUp"; readonly members: readonly SessionId[] }
  /** Make the next checkpoint of the reports and store it. */
  | { readonly type: "commit" }
  /** Tell every member how the round has ended. */
  | { readonly type: "announce" };

/** A state and what is to be done on entering it. */
export interface RoundStep {
  readonly state: RoundState;
  readonly effects: readonly RoundEffect[];
}

/** The number of clients that a round gathers before it starts. */
export function cohortSize(policy: RoundPolicy): number {
  // In floating point 100 · 1.1 is 110.00000000000001. The subtraction keeps it from becoming 111.
  return Math.ceil(policy.goalCount * policy.overselection - 1e-9);
}

/** A round that has just been opened and waits for clients. */
export function openRound(policy: RoundPolicy, nowMs: number): RoundState {
  return {
    phase: "selecting",
    waiting: new Set(),
    deadlineMs: nowMs + policy.selectionTimeoutMs,
  };
}

/** The moment at which the state wants a `tick`; `undefined` when it waits for no time. */
export function deadlineOf(state: RoundState): number | undefined {
  if (!("deadlineMs" in state)) return undefined;
  if (state.phase !== "reporting") return state.deadlineMs;
  if (state.due !== undefined) return undefined;
  return Math.min(state.deadlineMs, state.cohort.awaitedUntilMs ?? state.deadlineMs);
}

/** Whether members may still announce, upload and have added what they report. */
export function takesReports(state: RoundState): boolean {
  return state.phase === "configuring" || (state.phase === "reporting" && state.due === undefined);
}

/**
 * Returns the state of a round after an event, and what is to be done on entering it. An event that
 * does not concern the state leaves it as it is.
 *
 * The function is pure except for one thing: the new state takes over the old one's set of waiting
 * clients and its cohort, and both are updated in place. An event therefore costs the same in a
 * cohort of ten and in one of ten thousand. The caller must not use the old state again.
 */
export function stepRound(policy: RoundPolicy, state: RoundState, event: RoundEvent): RoundStep {
  switch (state.phase) {
    case "selecting":
      return inSelecting(policy, state, event);
    case "configuring":
      return inConfiguring(policy, state, event);
    case "reporting":
      return inReporting(policy, state, event);
    case "committing":
      return inCommitting(state, event);
    case "done":
    case "abandoned":
      return stay(state);
  }
}

type Selecting = Extract<RoundState, { phase: "selecting" }>;
type Configuring = Extract<RoundState, { phase: "configuring" }>;
type Reporting = Extract<RoundState, { phase: "reporting" }>;
type Committing = Extract<RoundState, { phase: "committing" }>;

const stay = (state: RoundState): RoundStep => ({ state, effects: [] });

function inSelecting(policy: RoundPolicy, state: Selecting, event: RoundEvent): RoundStep {
  switch (event.type) {
    case "joined":
      state.waiting.add(event.session);
      return state.waiting.size >= cohortSize(policy) ||
        (event.nowMs >= state.deadlineMs && state.waiting.size >= minimumReports(policy))
        ? start(policy, state.waiting, event.nowMs)
        : stay(state);
    case "gone":
      state.waiting.delete(event.session);
      return stay(state);
    case "tick":
      if (event.nowMs < state.deadlineMs) return stay(state);
      if (state.waiting.size >= minimumReports(policy)) {
        return start(policy, state.waiting, event.nowMs);
      }
      if (policy.isOptional === true) return abandonEmpty("too-few-came");
      // Nobody has been asked for anything yet, so there is nothing to abandon. The round waits on.
      return stay({ ...state, deadlineMs: event.nowMs + policy.selectionTimeoutMs });
    case "cancelled":
      return abandonEmpty(event.reason);
    case "stopping":
      return abandonEmpty("server-stopping");
    default:
      return stay(state);
  }
}

function start(policy: RoundPolicy, waiting: Set<SessionId>, nowMs: number): RoundStep {
  return {
    state: {
      phase: "configuring",
      cohort: new Cohort(waiting),
      deadlineMs: nowMs + policy.reportingTimeoutMs,
    },
    effects: [{ type: "configure", members: [...waiting] }],
  };
}

function inConfiguring(policy: RoundPolicy, state: Configuring, event: RoundEvent): RoundStep {
  switch (event.type) {
    case "configured":
      return goOn(policy, { ...state, phase: "reporting" });
    case "failed":
      return abandon(state.cohort, "configuration-failed");
    case "member":
      state.cohort.step(event.session, event.event);
      return stay(state);
    case "unseated":
      state.cohort.drop(event.session);
      return stay(state);
    case "tick":
      return event.nowMs >= state.deadlineMs
        ? abandon(state.cohort, "reporting-timeout")
        : stay(state);
    case "cancelled":
      return abandon(state.cohort, event.reason);
    case "stopping":
      return abandon(state.cohort, "server-stopping");
    default:
      return stay(state);
  }
}

function inReporting(policy: RoundPolicy, state: Reporting, event: RoundEvent): RoundStep {
  switch (event.type) {
    case "member":
      if (state.due !== undefined && !endsWork(event.event)) return stay(state);
      return state.cohort.step(event.session, event.event) ? goOn(policy, state) : stay(state);
    case "tick":
      if (state.due !== undefined) return stay(state);
      return event.nowMs < state.deadlineMs
        ? giveUpAwaited(policy, state, event.nowMs)
        : goOn(policy, { ...state, due: "reporting-timeout" });
    case "cancelled":
      return abandon(state.cohort, event.reason);
    case "stopping":
      // There will be no more time for the others, as at the deadline.
      return goOn(policy, { ...state, due: "server-stopping" });
    default:
      return stay(state);
  }
}

/** When only members are left that are away, and their time is over, the round goes on without. */
function giveUpAwaited(policy: RoundPolicy, state: Reporting, nowMs: number): RoundStep {
  const { awaitedUntilMs } = state.cohort;
  if (awaitedUntilMs === undefined || nowMs < awaitedUntilMs) return stay(state);
  const members = state.cohort.giveUpAwaited();
  const next = goOn(policy, state);
  return { state: next.state, effects: [{ type: "giveUp", members }, ...next.effects] };
}

/** Whether an event ends a member's work. Only such events count once the round's time is over. */
function endsWork({ type }: MemberEvent): boolean {
  return type === "added" || type === "refused" || type === "withdrew" || type === "left";
}

/**
 * Has complete reports added, but no more of them than the goal takes, since a report that is being
 * added cannot be taken back; then closes or abandons the round if that can be decided.
 */
function goOn(policy: RoundPolicy, state: Reporting): RoundStep {
  const { cohort } = state;
  const effects: RoundEffect[] = [];
  for (
    let session = cohort.nextToAdd;
    session !== undefined && cohort.reported + cohort.adding < policy.goalCount;
    session = cohort.nextToAdd
  ) {
    cohort.step(session, { type: "adding" });
    effects.push({ type: "add", session });
  }
  const decided = decide(policy, state);
  return { state: decided.state, effects: [...effects, ...decided.effects] };
}

/**
 * Closes the round when it has its reports, abandons it when it can no longer get enough, and lets
 * it go on otherwise. A round whose time is over is decided once no report is being added.
 */
function decide(policy: RoundPolicy, state: Reporting): RoundStep {
  const { cohort, due } = state;
  const hasMinimum = cohort.reported >= minimumReports(policy);
  if (due !== undefined) {
    if (cohort.adding > 0) return stay(state);
    return hasMinimum ? close(cohort) : abandon(cohort, due);
  }
  if (cohort.reported >= policy.goalCount) return close(cohort);
  if (cohort.reported + cohort.atWork < minimumReports(policy)) {
    // While all that have ended refuse the task alike, the others are heard before the round is
    // given up: it matters whether everybody refuses.
    const isAsking = cohort.commonRefusal !== undefined && cohort.atWork > 0;
    return isAsking ? stay(state) : abandon(cohort, "too-few-left");
  }
  return cohort.atWork === 0 ? close(cohort) : stay(state);
}

function inCommitting(state: Committing, event: RoundEvent): RoundStep {
  switch (event.type) {
    case "committed":
      return { state: { ...state, phase: "done" }, effects: [{ type: "announce" }] };
    case "failed":
      return abandon(state.cohort, "commit-failed");
    default:
      // A round that is being stored cannot be cancelled. Either all of it is stored, or it fails.
      return stay(state);
  }
}

function close(cohort: Cohort): RoundStep {
  return { state: { phase: "committing", cohort }, effects: [{ type: "commit" }] };
}

function abandon(cohort: Cohort, reason: AbandonReason): RoundStep {
  return { state: { phase: "abandoned", cohort, reason }, effects: [{ type: "announce" }] };
}

const abandonEmpty = (reason: AbandonReason): RoundStep => abandon(new Cohort([]), reason);
