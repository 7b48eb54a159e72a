import type { Clock, SessionId } from "@tributary/protocol";
import {
  deadlineOf,
  openRound,
  stepRound,
  type Cohort,
  type MemberEvent,
  type RoundEffect,
  type RoundEvent,
  type RoundPolicy,
  type RoundState,
} from "@tributary/core";

/** Carries out the effects that a round's state machine asks for, and is told of its progress. */
export interface RoundMachineListener {
  effect(effect: RoundEffect): void;
  phaseEnded(phase: RoundState["phase"], durationMs: number): void;
  /** Called when the round gathers no more clients, or gathers them less urgently than before. */
  gatheringEased(): void;
}

/**
 * Runs the state machine of one round: it keeps the state and sends it a tick at its deadlines. They
 * run on the monotonic clock, but for the end of the schedule, which is a date.
 */
export class RoundMachine {
  readonly policy: RoundPolicy;
  readonly #clock: Clock;
  readonly #closesAtMs: number;
  readonly #listener: RoundMachineListener;
  #state: RoundState;
  #phaseSinceMs: number;
  #hasTimedOut = false;
  /** The round has gathered clients for as long as it should, and waits on. */
  #isOverdue = false;
  #cancelTimer: (() => void) | undefined;

  /** @param times.closesAtMs - The round may not start after this; infinite for no such limit. */
  constructor(
    policy: RoundPolicy,
    times: { readonly clock: Clock; readonly closesAtMs: number },
    listener: RoundMachineListener,
  ) {
    this.policy = policy;
    this.#clock = times.clock;
    this.#closesAtMs = times.closesAtMs;
    this.#listener = listener;
    this.#phaseSinceMs = times.clock.elapsedMs();
    this.#state = openRound(policy, this.#phaseSinceMs);
    this.#watchDeadline();
  }

  get state(): RoundState {
    return this.#state;
  }

  /** The members of the round; `undefined` until it has selected them. */
  get cohort(): Cohort | undefined {
    return "cohort" in this.#state ? this.#state.cohort : undefined;
  }

  /** Whether the time for reports has run out. */
  get hasTimedOut(): boolean {
    return this.#hasTimedOut;
  }

  /** Whether the round gathers its cohort, within the time that it has for that. */
  get isGathering(): boolean {
    return this.#state.phase === "selecting" && !this.#isOverdue;
  }

  dispatch(event: RoundEvent): void {
    const { phase } = this.#state;
    const { state, effects } = stepRound(this.policy, this.#state, event);
    this.#state = state;
    if (state.phase !== phase) {
      const nowMs = this.#clock.elapsedMs();
      this.#listener.phaseEnded(phase, nowMs - this.#phaseSinceMs);
      this.#phaseSinceMs = nowMs;
    }
    this.#watchDeadline();
    for (const effect of effects) this.#listener.effect(effect);
    if (phase === "selecting" && state.phase !== "selecting") this.#listener.gatheringEased();
  }

  /**
   * Says what has happened to a member.
   * @returns Whether its state has changed.
   */
  dispatchMember(session: SessionId, event: MemberEvent): boolean {
    const before = this.cohort?.state(session);
    this.dispatch({ type: "member", session, event });
    return this.cohort?.state(session) !== before;
  }

  /** Whole milliseconds for which the round still takes reports. */
  get timeLeftMs(): number {
    if (!("deadlineMs" in this.#state)) return 0;
    return Math.max(0, Math.round(this.#state.deadlineMs - this.#clock.elapsedMs()));
  }

  #watchDeadline(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const deadlineMs = deadlineOf(this.#state);
    if (deadlineMs === undefined) return;
    const isSelecting = this.#state.phase === "selecting";
    const leftMs = deadlineMs - this.#clock.elapsedMs();
    const openMs = isSelecting ? this.#closesAtMs - this.#clock.now() : leftMs;
    this.#cancelTimer = this.#clock.schedule(Math.min(leftMs, openMs), () =>
      this.#tick(deadlineMs),
    );
  }

  #tick(deadlineMs: number): void {
    const nowMs = this.#clock.elapsedMs();
    if (this.#state.phase === "selecting" && this.#clock.now() >= this.#closesAtMs) {
      this.dispatch({ type: "cancelled", reason: "not-scheduled" });
      return;
    }
    if (this.#state.phase !== "selecting" && this.timeLeftMs === 0) this.#hasTimedOut = true;
    this.dispatch({ type: "tick", nowMs });
    if (!this.isGathering || nowMs < deadlineMs) return;
    this.#isOverdue = true;
    this.#listener.gatheringEased();
  }
}
