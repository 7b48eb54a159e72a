import { minimumReports, type SessionId } from "@tributary/protocol";

/** How a round gathers and closes. Counts are of clients, times in milliseconds. */
export interface RoundPolicy {
  /** Reports that close the round; ≥ 1. */
  readonly goalCount: number;
  /** The cohort is goalCount times this, rounded up; ≥ 1. */
  readonly overselection: number;
  /** Least share of goalCount with which a round may start and may commit; in (0, 1]. */
  readonly minimumFraction: number;
  /** After this long a round starts with what has come, if that is the minimum. */
  readonly selectionTimeoutMs: number;
  /** From configuration to the last report that counts. */
  readonly reportingTimeoutMs: number;
  /** Whether a round that too few came for within the selection timeout is given up, instead of waited on. */
  readonly isOptional?: boolean;
}

/** What became of a member of the cohort. */
export type MemberStatus = "training" | "reported" | "refused" | "withdrew" | "left";

export type AbandonReason =
  | "too-few-came"
  | "too-few-left"
  | "reporting-timeout"
  | "configuration-failed"
  | "commit-failed"
  | CancelReason;

/** Why a round is given up though nothing is wrong with it. */
export type CancelReason = "cancelled" | "rolled-back" | "not-scheduled" | "server-stopping";

type Members = Map<SessionId, MemberStatus>;

/**
 * One attempt at a round.
 *
 * Invariants, for every state that `step` returns:
 * - a session is a member at most once, and its status only ever leaves `training`;
 * - `accepted` is the number of members that have reported, and is ≤ goalCount;
 * - `committing` is entered at most once, with accepted ≥ the minimum;
 * - `done` and `abandoned` are final.
 */
export type RoundState =
  | { readonly phase: "selecting"; readonly waiting: Set<SessionId>; readonly deadlineMs: number }
  | { readonly phase: "configuring"; readonly members: Members; readonly deadlineMs: number }
  | {
      readonly phase: "reporting";
      readonly members: Members;
      readonly accepted: number;
      /** Members still training. */
      readonly pending: number;
      readonly deadlineMs: number;
    }
  | { readonly phase: "committing"; readonly members: Members; readonly accepted: number }
  | { readonly phase: "done"; readonly members: Members; readonly accepted: number }
  | { readonly phase: "abandoned"; readonly members: Members; readonly reason: AbandonReason };

export type RoundEvent =
  | { readonly type: "joined"; readonly session: SessionId; readonly nowMs: number }
  | { readonly type: "left"; readonly session: SessionId }
  | { readonly type: "withdrew"; readonly session: SessionId }
  /** Every member has its seat, and is sent its configuration. */
  | { readonly type: "configured" }
  /** The report has been added to the aggregate. */
  | { readonly type: "reported"; readonly session: SessionId }
  | { readonly type: "refused"; readonly session: SessionId }
  | { readonly type: "tick"; readonly nowMs: number }
  | { readonly type: "committed" }
  | { readonly type: "failed" }
  | { readonly type: "cancelled"; readonly reason: Exclude<CancelReason, "server-stopping"> }
  /** The server ends: what can be committed now is, and the rest is given up. */
  | { readonly type: "stopping" };

export type RoundEffect =
  /** Send plan and checkpoint to these. */
  | { readonly type: "configure"; readonly members: readonly SessionId[] }
  /** Take no more reports, make the next checkpoint and store it. */
  | { readonly type: "commit" }
  /** Tell every member how the round ended. */
  | { readonly type: "announce" };

export interface RoundStep {
  readonly state: RoundState;
  readonly effects: readonly RoundEffect[];
}

/** Clients that a round gathers before it starts. */
export function cohortSize(policy: RoundPolicy): number {
  return Math.ceil(policy.goalCount * policy.overselection - 1e-9); // less the dust of floating point
}

export function openRound(policy: RoundPolicy, nowMs: number): RoundState {
  return {
    phase: "selecting",
    waiting: new Set(),
    deadlineMs: nowMs + policy.selectionTimeoutMs,
  };
}

/** The moment at which the state wants a `tick`; `undefined` when it waits for no time. */
export function deadlineOf(state: RoundState): number | undefined {
  return "deadlineMs" in state ? state.deadlineMs : undefined;
}

/**
 * What happens next. Pure but for one thing: the state's set or map is handed on and updated in place, so that an
 * event costs the same in a cohort of ten or of ten thousand; the state given must not be used again.
 * An event that does not concern the state leaves it as it is.
 */
export function step(policy: RoundPolicy, state: RoundState, event: RoundEvent): RoundStep {
  switch (state.phase) {
    case "selecting":
      return select(policy, state, event);
    case "configuring":
      return configure(policy, state, event);
    case "reporting":
      return report(policy, state, event);
    case "committing":
      return commit(state, event);
    case "done":
    case "abandoned":
      return stay(state);
  }
}

const stay = (state: RoundState): RoundStep => ({ state, effects: [] });

function select(
  policy: RoundPolicy,
  state: Extract<RoundState, { phase: "selecting" }>,
  event: RoundEvent,
): RoundStep {
  switch (event.type) {
    case "joined":
      state.waiting.add(event.session);
      return state.waiting.size >= cohortSize(policy) ||
        (event.nowMs >= state.deadlineMs && state.waiting.size >= minimumReports(policy))
        ? start(policy, state.waiting, event.nowMs)
        : stay(state);
    case "left":
    case "withdrew":
      state.waiting.delete(event.session);
      return stay(state);
    case "tick":
      if (event.nowMs < state.deadlineMs) return stay(state);
      if (state.waiting.size >= minimumReports(policy)) {
        return start(policy, state.waiting, event.nowMs);
      }
      if (policy.isOptional === true) return abandon(new Map(), "too-few-came");
      // Nobody has been asked for anything yet, so there is nothing to abandon: wait on.
      return stay({ ...state, deadlineMs: event.nowMs + policy.selectionTimeoutMs });
    case "cancelled":
      return abandon(new Map(), event.reason);
    case "stopping":
      return abandon(new Map(), "server-stopping");
    default:
      return stay(state);
  }
}

function start(policy: RoundPolicy, waiting: Set<SessionId>, nowMs: number): RoundStep {
  const members = [...waiting];
  return {
    state: {
      phase: "configuring",
      members: new Map(members.map((session) => [session, "training"])),
      deadlineMs: nowMs + policy.reportingTimeoutMs,
    },
    effects: [{ type: "configure", members }],
  };
}

function configure(
  policy: RoundPolicy,
  state: Extract<RoundState, { phase: "configuring" }>,
  event: RoundEvent,
): RoundStep {
  switch (event.type) {
    case "configured": {
      let pending = 0;
      for (const status of state.members.values()) if (status === "training") pending += 1;
      return evaluate(policy, { ...state, phase: "reporting", accepted: 0, pending });
    }
    case "failed":
      return abandon(state.members, "configuration-failed");
    case "left":
    case "withdrew":
      mark(state.members, event.session, event.type);
      return stay(state);
    case "tick":
      return event.nowMs >= state.deadlineMs
        ? abandon(state.members, "reporting-timeout")
        : stay(state);
    case "cancelled":
      return abandon(state.members, event.reason);
    case "stopping":
      return abandon(state.members, "server-stopping");
    default:
      return stay(state);
  }
}

function report(
  policy: RoundPolicy,
  state: Extract<RoundState, { phase: "reporting" }>,
  event: RoundEvent,
): RoundStep {
  switch (event.type) {
    case "reported":
      return mark(state.members, event.session, "reported")
        ? evaluate(policy, {
            ...state,
            accepted: state.accepted + 1,
            pending: state.pending - 1,
          })
        : stay(state);
    case "left":
    case "withdrew":
    case "refused":
      return mark(state.members, event.session, event.type)
        ? evaluate(policy, { ...state, pending: state.pending - 1 })
        : stay(state);
    case "tick":
      if (event.nowMs < state.deadlineMs) return stay(state);
      return state.accepted >= minimumReports(policy)
        ? close(state)
        : abandon(state.members, "reporting-timeout");
    case "cancelled":
      return abandon(state.members, event.reason);
    case "stopping":
      // As at the deadline: there will be no more time for the others.
      return state.accepted >= minimumReports(policy)
        ? close(state)
        : abandon(state.members, "server-stopping");
    default:
      return stay(state);
  }
}

/** Closes at the goal or when nobody is left to wait for; abandons when the minimum is out of reach. */
function evaluate(
  policy: RoundPolicy,
  state: Extract<RoundState, { phase: "reporting" }>,
): RoundStep {
  if (state.accepted >= policy.goalCount) return close(state);
  if (state.accepted + state.pending < minimumReports(policy)) {
    return abandon(state.members, "too-few-left");
  }
  return state.pending === 0 ? close(state) : stay(state);
}

function close(state: Extract<RoundState, { phase: "reporting" }>): RoundStep {
  const { members, accepted } = state;
  return { state: { phase: "committing", members, accepted }, effects: [{ type: "commit" }] };
}

function commit(state: Extract<RoundState, { phase: "committing" }>, event: RoundEvent): RoundStep {
  switch (event.type) {
    case "committed":
      return { state: { ...state, phase: "done" }, effects: [{ type: "announce" }] };
    case "failed":
      return abandon(state.members, "commit-failed");
    default:
      // A round that is being written is past cancelling: it commits once, whole, or fails.
      return stay(state);
  }
}

function abandon(members: Members, reason: AbandonReason): RoundStep {
  return { state: { phase: "abandoned", members, reason }, effects: [{ type: "announce" }] };
}

/** Changes a member's status if it is still training; says whether it was. */
function mark(members: Members, session: SessionId, status: MemberStatus): boolean {
  if (members.get(session) !== "training") return false;
  members.set(session, status);
  return true;
}
