import type { ClientMessage, RoundId } from "@tributary/protocol";

/**
 * Where a client's session is in the protocol, seen from the server: docs/protocol.md §4. While the
 * session is in a round, how far the member has come is kept by the round (`MemberState` in
 * @tributary/core), and the round decides what the member may say.
 */
export type SessionState = (
  | { readonly phase: Exclude<SessionPhase, "inRound"> }
  | { readonly phase: "inRound"; readonly roundId: RoundId }
) & {
  /** The round that the session left last. Messages about it may still be on their way. */
  readonly leftRound: RoundId | undefined;
};

/** What a session is doing. */
export type SessionPhase =
  /** The channel is being established. */
  | "handshake"
  /** The client is to say which versions it speaks. */
  | "greeting"
  /** Nothing is under way. */
  | "idle"
  /** A check-in has come, and whether the client may take part is being looked up. */
  | "checkingIn"
  /** A member has come back, and whether it may go on is being looked up. */
  | "resuming"
  /** The client is in its population's pool. */
  | "waiting"
  /** A model has been asked for. */
  | "fetching"
  /** The client is a member of a round. */
  | "inRound"
  | "closed";

/** What can happen to a session. */
export type SessionEvent =
  | { readonly type: "channelOpened" }
  | { readonly type: "greeted" }
  | { readonly type: "askedToTakePart" }
  | { readonly type: "askedForModel" }
  | { readonly type: "askedToResume" }
  /** The check-in has been accepted into the pool. */
  | { readonly type: "admitted" }
  /** What was asked for has been answered: the client was rejected, or the model was offered. */
  | { readonly type: "answered" }
  | { readonly type: "selected"; readonly roundId: RoundId }
  /** The round has ended for this client: by an outcome, a refusal, or because it withdrew. */
  | { readonly type: "leftRound" }
  | { readonly type: "closed" };

/** The state in which a session begins. */
export const NEW_SESSION: SessionState = { phase: "handshake", leftRound: undefined };

/** For each phase, the phase after each event that can happen in it. */
const TRANSITIONS: Readonly<
  Record<SessionPhase, Partial<Record<SessionEvent["type"], SessionPhase>>>
> = {
  handshake: { channelOpened: "greeting", closed: "closed" },
  greeting: { greeted: "idle", closed: "closed" },
  idle: {
    askedToTakePart: "checkingIn",
    askedForModel: "fetching",
    askedToResume: "resuming",
    closed: "closed",
  },
  checkingIn: { admitted: "waiting", answered: "idle", closed: "closed" },
  resuming: { selected: "inRound", answered: "idle", closed: "closed" },
  waiting: { selected: "inRound", answered: "idle", closed: "closed" },
  fetching: { answered: "idle", closed: "closed" },
  inRound: { leftRound: "idle", closed: "closed" },
  closed: {},
};

/**
 * The state of a session after an event.
 * @returns `undefined` when the event cannot happen in this state.
 */
export function stepSession(state: SessionState, event: SessionEvent): SessionState | undefined {
  const phase = TRANSITIONS[state.phase][event.type];
  if (phase === undefined) return undefined;
  if (phase === "inRound") {
    if (event.type !== "selected") return undefined;
    return { phase, roundId: event.roundId, leftRound: undefined };
  }
  return { phase, leftRound: currentRound(state) ?? state.leftRound };
}

/** The round that the session is in, if there is one. */
export function currentRound(state: SessionState): RoundId | undefined {
  return state.phase === "inRound" ? state.roundId : undefined;
}

/**
 * What a session does with a message from its client:
 *
 * - `handle`: it is a request that this phase allows;
 * - `toRound`: it is about the round that the session is in, and the round decides;
 * - `late`: it is about a round that ended while the message was on its way. A `ReportBegin` is
 *   answered with `ROUND_CLOSED`, anything else is ignored.
 */
export type Reception = "handle" | "toRound" | "late";

/** The phases in which a client may send probes. */
const IS_GREETED: Readonly<Record<SessionPhase, boolean>> = {
  ...{ handshake: false, greeting: false, closed: false },
  ...{ idle: true, checkingIn: true, resuming: true, waiting: true, fetching: true, inRound: true },
};

/** @returns `undefined` when the session must be closed: the client may not say this now. */
export function receptionOf(state: SessionState, message: ClientMessage): Reception | undefined {
  switch (message.type) {
    case "hello":
      return state.phase === "greeting" ? "handle" : undefined;
    case "probe":
      return IS_GREETED[state.phase] ? "handle" : undefined;
    case "checkIn":
    case "modelRequest":
    case "resume":
      return state.phase === "idle" ? "handle" : undefined;
    case "configured":
    case "withdraw":
    case "reportBegin":
      if (message.roundId === currentRound(state)) return "toRound";
      return message.roundId === state.leftRound && state.phase !== "closed" ? "late" : undefined;
    case "reportChunk":
      if (state.phase === "inRound") return "toRound";
      // In an idle session it is the rest of an upload that the round's end has overtaken.
      return state.phase === "idle" && state.leftRound !== undefined ? "late" : undefined;
  }
}
