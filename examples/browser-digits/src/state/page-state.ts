// The state of the page, as a value, and how each event changes it. Nothing here touches the
// document.
import type { ParticipationEvent, TributaryError } from "@tributary/client-sdk";
import { logLine, type LogLine } from "./log-line.ts";
import type { PageEvent } from "./page-event.ts";
import type { ScoredModel } from "../learning/shared-model.ts";

/** What the page is doing. */
export type Activity =
  | { readonly type: "idle" }
  | { readonly type: "preparing" }
  | { readonly type: "connecting"; readonly attempt: number }
  /** Waits to be selected for a round. */
  | { readonly type: "waiting" }
  /** Waits until it checks in again: the server does not need this client now. */
  | { readonly type: "resting"; readonly untilMs: number }
  | { readonly type: "in-round" }
  /** Has lost the connection, and waits until it connects again. */
  | { readonly type: "offline"; readonly error: TributaryError; readonly untilMs: number }
  | { readonly type: "left" }
  | { readonly type: "failed"; readonly error: TributaryError };

/**
 * The stops of a round, in order, and its possible ends. `missed` means that the round went on
 * without this page.
 */
export type RoundStage =
  | "downloading"
  | "training"
  | "reporting"
  | "counted"
  | "committed"
  | "abandoned"
  | "missed";

/** The round that the page shows. */
export interface RoundView {
  readonly number: number;
  readonly task: string;
  readonly stage: RoundStage;
  /** The newest progress of training; undefined before training has begun. */
  readonly progress: Extract<ParticipationEvent, { type: "training" }> | undefined;
  /**
   * Bytes of plan and model that were received in this round and are not yet in
   * `PageState.traffic`, which grows when the report is accepted.
   */
  readonly uncounted: number;
}

/** The points of one round in the charts. */
export interface RoundPoint {
  readonly round: number;
  /** How the round's model does on the strangers' digits. */
  readonly shared?: { readonly accuracy: number; readonly loss: number };
  /** Loss and accuracy on this page's own digits, during its training. */
  readonly own?: { readonly accuracy: number | undefined; readonly loss: number | undefined };
}

/** Everything that the page shows. */
export interface PageState {
  readonly activity: Activity;
  /** Set once the server has proved that it holds the pinned key. It stays after leaving. */
  readonly verified: { readonly protocolVersion: number } | undefined;
  /** The engine, once a plan has come, and the number of digits that it trains on. */
  readonly engine: { readonly name: string | undefined; readonly exampleCount: number } | undefined;
  /** The last round that this page was selected for. */
  readonly round: RoundView | undefined;
  /** The last round that was committed, and its checkpoint. */
  readonly committed: { readonly round: number; readonly checkpoint: string } | undefined;
  /** Whether the last round was the last one of its task. */
  readonly taskFinished: boolean;
  /** Bytes of the WebSocket messages that were sent and received. */
  readonly traffic: { readonly up: number; readonly down: number };
  /** The number of this page's reports that the server has accepted. */
  readonly reportsCounted: number;
  /** Ordered by round. */
  readonly history: readonly RoundPoint[];
  /** The newest line first. */
  readonly log: readonly LogLine[];
}

export const INITIAL_STATE: PageState = {
  activity: { type: "idle" },
  verified: undefined,
  engine: undefined,
  round: undefined,
  committed: undefined,
  taskFinished: false,
  traffic: { up: 0, down: 0 },
  reportsCounted: 0,
  history: [],
  log: [],
};

/** The number of lines that the log keeps. */
const LOG_LINES = 200;

/** Whether the page takes part, or is starting to. */
export function isTakingPart({ activity }: PageState): boolean {
  return activity.type !== "idle" && activity.type !== "left" && activity.type !== "failed";
}

/** The state after an event. */
export function nextState(state: PageState, event: PageEvent, nowMs: number): PageState {
  const next = { ...state, ...changes(state, event, nowMs) };
  // A page that is turned away again and again logs only the first time.
  if (event.type === "rejected" && state.activity.type === "resting") return next;
  const line = logLine(event, nowMs);
  return line === undefined ? next : { ...next, log: [line, ...next.log].slice(0, LOG_LINES) };
}

/** What an event changes; the rest of the state stays. */
function changes(state: PageState, event: PageEvent, nowMs: number): Partial<PageState> {
  switch (event.type) {
    case "joining":
      return {
        ...(event.renewed ? { ...INITIAL_STATE, log: state.log } : {}),
        activity: { type: "preparing" },
      };
    case "prepared":
      return { engine: { name: undefined, exampleCount: event.exampleCount } };
    case "thread-chosen":
    case "paused":
    case "continued":
    case "waiting-for-tab":
    case "model-not-kept":
    case "downloading":
    case "uploading":
    case "network-changed":
    case "clock-leapt":
    case "clock-off":
    case "conditions-met":
      return {};
    case "conditions-unmet":
      return { activity: { type: "waiting" } };
    case "connecting":
      return { activity: { type: "connecting", attempt: event.attempt } };
    case "connected":
      return {
        activity: { type: "waiting" },
        verified: { protocolVersion: event.protocolVersion },
      };
    case "checked-in":
      return { activity: { type: "waiting" } };
    case "rejected":
      return { activity: { type: "resting", untilMs: nowMs + event.retryAfterMs } };
    case "check-in-failed":
      return { activity: { type: "resting", untilMs: nowMs + event.retryInMs } };
    case "selected":
      return selected(state, event);
    case "resumed":
      return { activity: { type: "in-round" }, ...inRound(state, { stage: "training" }) };
    case "downloaded":
      return inRound(state, { stage: "training", uncounted: event.bytes });
    case "engine-chosen":
      return state.engine === undefined
        ? {}
        : { engine: { ...state.engine, name: `${event.engine} on ${event.backend}` } };
    case "training":
      return inRound(state, { stage: "training", progress: event });
    case "trained":
      return trained(state, event);
    case "counted":
    case "evaluated":
    case "reporting":
      return inRound(state, { stage: "reporting" });
    case "reported":
      return {
        ...inRound(state, { stage: "counted", uncounted: 0 }),
        reportsCounted: state.reportsCounted + 1,
        traffic: {
          up: state.traffic.up + event.bytesUp,
          down: state.traffic.down + event.bytesDown,
        },
      };
    case "round-finished":
      return finished(state, event);
    case "report-refused":
    case "withdrawn":
      return { ...missed(state), activity: { type: "resting", untilMs: nowMs + event.retryInMs } };
    case "disconnected":
      return {
        ...missed(state),
        activity: { type: "offline", error: event.error, untilMs: nowMs + event.retryInMs },
      };
    case "scored":
      return { history: withPoint(state.history, pointOf(event.model)) };
    case "left":
      return { ...missed(state), activity: { type: "left" } };
    case "failed":
      return { ...missed(state), activity: { type: "failed", error: event.error } };
  }
}

type EventOf<Type extends ParticipationEvent["type"]> = Extract<ParticipationEvent, { type: Type }>;

function selected(state: PageState, event: EventOf<"selected">): Partial<PageState> {
  const { task, roundNumber: number } = event;
  // The round may be one of another task in the population, or of the same task after it was
  // started anew. Its rounds are then counted from 1 again, so the charts start again too.
  const isNewTask = state.round !== undefined && state.round.task !== task;
  const isAgain = number <= (state.committed?.round ?? 0);
  return {
    ...(isNewTask || isAgain ? { history: [], committed: undefined } : {}),
    taskFinished: false,
    activity: { type: "in-round" },
    round: { number, task, stage: "downloading", progress: undefined, uncounted: 0 },
  };
}

function trained(state: PageState, event: EventOf<"trained">): Partial<PageState> {
  if (state.round === undefined) return {};
  const { accuracy, loss } = event.metrics;
  const point: RoundPoint = { round: state.round.number, own: { accuracy, loss } };
  return { history: withPoint(state.history, point) };
}

function finished(state: PageState, event: EventOf<"round-finished">): Partial<PageState> {
  const { outcome, roundNumber: round, taskFinished } = event;
  const settled = { ...settle(state), taskFinished, activity: { type: "waiting" } } as const;
  return outcome.type === "committed"
    ? {
        ...settled,
        ...withStage(state, "committed"),
        committed: { round, checkpoint: outcome.checkpoint },
      }
    : { ...settled, ...withStage(state, "abandoned") };
}

/** Changes the round that the page shows, if there is one. */
function inRound(state: PageState, change: Partial<RoundView>): Partial<PageState> {
  return state.round === undefined ? {} : { round: { ...state.round, ...change } };
}

const UNDER_WAY: ReadonlySet<RoundStage> = new Set(["downloading", "training", "reporting"]);

/** Marks a round that was under way as missed: it goes on without this page. */
function missed(state: PageState): Partial<PageState> {
  if (state.round === undefined || !UNDER_WAY.has(state.round.stage)) return {};
  return { ...settle(state), ...withStage(state, "missed") };
}

/** Puts the round at a stage, and marks its bytes as counted. */
function withStage({ round }: PageState, stage: RoundStage): Partial<PageState> {
  return round === undefined ? {} : { round: { ...round, stage, uncounted: 0 } };
}

/** Adds the bytes of a round in which this page's report was not accepted to the traffic. */
function settle({ traffic, round }: PageState): Partial<PageState> {
  return { traffic: { ...traffic, down: traffic.down + (round?.uncounted ?? 0) } };
}

const pointOf = ({ roundNumber, accuracy, loss }: ScoredModel): RoundPoint => ({
  round: roundNumber,
  shared: { accuracy, loss },
});

/** Merges a point into the history. */
function withPoint(history: readonly RoundPoint[], point: RoundPoint): readonly RoundPoint[] {
  const same = history.find(({ round }) => round === point.round);
  const others = history.filter(({ round }) => round !== point.round);
  return [...others, { ...same, ...point }].sort((a, b) => a.round - b.round);
}
