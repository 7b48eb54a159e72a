import {
  isAtWork,
  takesReports,
  totalOf,
  NO_FATES,
  type AbandonReason,
  type CancelReason,
  type Collection,
  type MemberEvent,
  type MemberState,
  type RoundEffect,
  type RoundPolicy,
  type RoundState,
  type WorkStage,
} from "@tributary/core";
import type { Clock, RoundId, SessionId, TaskId } from "@tributary/protocol";
import { eventLoopTurn } from "../../runtime/event-loop-turn.ts";
import type { RoundRecord } from "../../storage/round-store.ts";
import type { ModelVersion } from "../model/model-version.ts";
import type { SealedModel } from "../model/sealed-model.ts";
import type {
  MemberMessage,
  Participant,
  SeatUse,
  WaitingClient,
} from "../population/participant.ts";
import type { KeptSeats, SeatClaim } from "./kept-seats.ts";
import type { Member } from "./member.ts";
import { ReportIntake, type ReportIntakeDeps } from "./report-intake.ts";
import { RoundMachine } from "./round-machine.ts";
import { MEMBERS_PER_TURN, RoundMembers } from "./round-members.ts";
import { roundOutcome, type RoundAftermath } from "./round-outcome.ts";
import type { SeatReturnsDeps } from "./seat-returns.ts";
import { unexpected } from "./session-errors.ts";

/** What is known of a round when it is opened. */
export interface RoundFacts {
  readonly id: RoundId;
  readonly taskId: TaskId;
  readonly taskName: string;
  /** The round's number. An evaluation has that of the round which made its checkpoint. */
  readonly number: number;
  /** The model that the members are sent. */
  readonly version: ModelVersion;
  readonly policy: RoundPolicy;
  /** The round may not start after this; infinite for no such limit. */
  readonly closesAtMs: number;
}

/** The functions of its task that a round uses. */
export interface RoundHost {
  /** Seals the model for the members. @throws TributaryError when the model cannot be sealed. */
  seal(version: ModelVersion): SealedModel;
  /** Takes a selected client for the round; `undefined` when it has gone or may not take part. */
  claim(session: SessionId, collection: Collection): WaitingClient | undefined;
  /** When a client that leaves the round should check in again; not before `atLeastMs`. */
  sendAway(participant: Participant, atLeastMs?: number): number;
  /** Called once for each member, when it is known what it has made of its seat. */
  seatEnded(participant: Participant, use: SeatUse): void;
  /** Called when the cohort is complete. */
  started(): void;
  /** Called when the round gathers no more clients, or gathers them less urgently than before. */
  gatheringEased(): void;
}

export interface RunningRoundDeps extends ReportIntakeDeps, SeatReturnsDeps {
  /** Where members find their round again that come back over another connection. */
  readonly seats: KeptSeats;
  readonly clock: Clock;
}

/** How the collecting part of a round ended: with enough reports, or not. */
export type RoundClose = { readonly abandoned: AbandonReason | undefined };

/** The stages in which the next step is the member's own. */
const WAITED_FOR: ReadonlySet<WorkStage> = new Set<WorkStage>([
  "configuring",
  "training",
  "uploading",
]);

/** The ways in which a member can leave the round by itself. */
type Departure = Extract<MemberEvent, { type: "left" | "withdrew" }>;

/** When the members of an abandoned round may check in again, at the earliest. */
const ABANDONED_RETRY_MS = 1_000;

/**
 * One attempt at a round, from its opening to the last message to its members. It carries out what
 * the pure state machine asks for. The task makes and stores the checkpoint: it waits for `closed`,
 * then calls `committed` or `failed`, and finally `end`.
 */
export class RunningRound {
  readonly facts: RoundFacts;
  readonly collection: Collection;
  readonly startedAtMs: number;
  readonly #openedAtMs: number;
  /** Resolves when no further report counts; the promise never rejects. */
  readonly closed: Promise<RoundClose>;
  readonly #close: (how: RoundClose) => void;
  readonly #host: RoundHost;
  readonly #deps: RunningRoundDeps;
  readonly #machine: RoundMachine;
  readonly #intake: ReportIntake;
  /** Members that take part and have not been told how their part ended. */
  readonly #members: RoundMembers;
  /** Where the members that have withdrawn connect from, but for those of this machine. */
  readonly refusingSites: Set<string> = new Set();
  /** Settles when every member has been sent its configuration. */
  #configured: Promise<void> | undefined;

  constructor(facts: RoundFacts, collection: Collection, host: RoundHost, deps: RunningRoundDeps) {
    this.facts = facts;
    this.collection = collection;
    this.#host = host;
    this.#deps = deps;
    this.startedAtMs = deps.clock.now();
    this.#openedAtMs = deps.clock.elapsedMs();
    let close = (_how: RoundClose): void => {};
    this.closed = new Promise((resolve) => (close = resolve));
    this.#close = close;
    const { id: roundId, policy, closesAtMs } = facts;
    this.#machine = new RoundMachine(
      policy,
      { clock: deps.clock, closesAtMs },
      {
        effect: (effect) => this.#perform(effect),
        phaseEnded: (phase, durationMs) =>
          deps.events.publish({ type: "phase-ended", roundId, phase, durationMs }),
        gatheringEased: () => host.gatheringEased(),
      },
    );
    this.#intake = new ReportIntake(
      {
        roundId,
        taskId: facts.taskId,
        collection,
        form: collection.begin(),
        machine: this.#machine,
        sendAway: (member) => this.#sendAway(member),
        seatEnded: ({ participant }, use) => host.seatEnded(participant, use),
      },
      deps,
    );
    this.#members = new RoundMembers(
      {
        facts,
        collection,
        machine: this.#machine,
        receive: (member, message) => this.#receive(member, message),
        left: (member) => this.#depart(member, { type: "left" }),
      },
      deps,
    );
  }

  /** The date now, as far after the round's start as time has passed, whatever the clock was set to. */
  get nowMs(): number {
    return this.startedAtMs + Math.round(this.#deps.clock.elapsedMs() - this.#openedAtMs);
  }

  get id(): RoundId {
    return this.facts.id;
  }

  get state(): RoundState {
    return this.#machine.state;
  }

  get phase(): RoundState["phase"] {
    return this.state.phase;
  }

  /** Whether the round gathers its cohort, within the time that it has for that. */
  get isGathering(): boolean {
    return this.#machine.isGathering;
  }

  /** Members that have not been told how their part ended. */
  get membersAtWork(): number {
    return this.#members.size;
  }

  /** Offers a waiting client to the round, which may select it. */
  join(session: SessionId): void {
    this.#machine.dispatch({ type: "joined", session, nowMs: this.#deps.clock.elapsedMs() });
  }

  /** Tells the round that a client waits no longer. */
  forget(session: SessionId): void {
    this.#machine.dispatch({ type: "gone", session });
  }

  /** Abandons the round, unless it is being committed already. */
  cancel(reason: Exclude<CancelReason, "server-stopping">): void {
    this.#machine.dispatch({ type: "cancelled", reason });
  }

  /** Closes the round because the server stops. It commits if it has enough reports. */
  stopping(): void {
    this.#machine.dispatch({ type: "stopping" });
  }

  /** Call when the result of the round has been stored. */
  committed(): void {
    this.#machine.dispatch({ type: "committed" });
  }

  /** Call when the round cannot be committed. */
  failed(): void {
    this.#machine.dispatch({ type: "failed" });
  }

  /**
   * Tells every member that is still there how the round ended, and when to come back.
   * @param result - The version of the model that the round made or measured, or why the round was
   *   abandoned.
   */
  async end(result: ModelVersion | AbandonReason, aftermath: RoundAftermath): Promise<void> {
    // The memory is given back now, because a session may keep this object for longer.
    this.collection.discard();
    // No member is told of the round's end before it has been told of its beginning.
    await this.#configured;
    this.#members.dropModel();
    const outcome = roundOutcome(this.id, result, aftermath);
    const atLeastMs = typeof result === "string" ? ABANDONED_RETRY_MS : 0;
    let told = 0;
    for (const member of this.#members) {
      if (++told % MEMBERS_PER_TURN === 0) await eventLoopTurn();
      const use = this.#unfinishedUse(member);
      if (use !== undefined) this.#host.seatEnded(member.participant, use);
      member.participant.tell({ ...outcome, nextCheckInMs: this.#sendAway(member, atLeastMs) });
    }
    this.#deps.seats.close(this);
  }

  /** Counts of members and bytes so far. */
  tally(): Pick<
    RoundRecord,
    "selected" | "reported" | "rejected" | "droppedOut" | "fates" | "bytesUp" | "bytesDown"
  > {
    const { cohort } = this.#machine;
    const fates = cohort?.fates() ?? NO_FATES;
    return {
      selected: cohort?.size ?? 0,
      reported: fates.reported,
      rejected: totalOf(fates.refused),
      droppedOut: totalOf(fates.withdrew) + totalOf(fates.left),
      fates,
      ...this.#members.traffic(),
    };
  }

  #perform(effect: RoundEffect): void {
    switch (effect.type) {
      case "configure":
        this.#configure(effect.members);
        return;
      case "add": {
        const member = this.#members.get(effect.session);
        if (member !== undefined) this.#intake.add(member);
        return;
      }
      case "giveUp":
        for (const session of effect.members) this.#giveUp(session);
        return;
      case "commit":
        this.#intake.close(this.#members);
        this.#close({ abandoned: undefined });
        return;
      case "announce": {
        const { state } = this.#machine;
        if (state.phase !== "abandoned") return;
        this.#intake.close(this.#members);
        this.#close({ abandoned: state.reason });
      }
    }
  }

  #configure(selected: readonly SessionId[]): void {
    const { id: roundId, taskId, number: roundNumber, version } = this.facts;
    const { events, logger } = this.#deps;
    const { purpose } = this.collection;
    const started = (cohort: number): void =>
      events.publish({ type: "round-started", taskId, roundId, purpose, roundNumber, cohort });
    this.#host.started();
    let model: SealedModel;
    try {
      model = this.#host.seal(version);
    } catch (error) {
      logger.error("round configuration failed", { error, round: roundId });
      started(selected.length);
      this.failed();
      return;
    }
    for (const session of selected) this.#seat(session);
    started(this.#members.size);
    // The configuration begins before anything can end the round, since `end` waits for it.
    this.#configured = this.#members.configure(model);
    this.#deps.seats.open(this);
    this.#machine.dispatch({ type: "configured" });
  }

  /** Makes a selected client a member, unless it has gone or may not take part. */
  #seat(session: SessionId): void {
    const client = this.#host.claim(session, this.collection);
    if (client === undefined) this.#machine.dispatch({ type: "unseated", session });
    else this.#members.seat(client);
  }

  /**
   * Gives a member its seat again, over another connection, and tells it how far it has come.
   * @returns False when the claim is not that of a member of this round.
   */
  resume(participant: Participant, claim: SeatClaim): boolean {
    return this.#members.resume(participant, claim);
  }

  #receive(member: Member, message: MemberMessage): void {
    switch (message.type) {
      case "configured":
        if (!takesReports(this.#machine.state)) return; // the outcome is on its way
        if (this.#stateOf(member)?.stage !== "configuring")
          throw unexpected("the message configured");
        this.#machine.dispatchMember(member.session, { type: "configured" });
        return;
      case "reportBegin":
        this.#intake.begin(member, message);
        return;
      case "reportChunk":
        this.#intake.append(member, message.data);
        return;
      case "withdraw":
        this.#depart(member, { type: "withdrew", code: message.code });
    }
  }

  /** Forgets a member that was away for too long. */
  #giveUp(session: SessionId): void {
    const member = this.#members.get(session);
    const state = this.#machine.cohort?.state(session);
    if (member === undefined || state?.stage !== "left") return;
    this.#members.remove(member);
    member.releaseTurn();
    this.#host.seatEnded(member.participant, "wasted");
    const { id: roundId } = this;
    this.#deps.events.publish({ type: "member-left", roundId, stage: state.during });
  }

  /** Takes a member out that leaves by itself. A report that is being added still counts. */
  #depart(member: Member, event: Departure): void {
    const state = this.#stateOf(member);
    if (state === undefined || state.stage === "adding") return;
    const isOpen = this.phase === "configuring" || this.phase === "reporting";
    if (isOpen && !isAtWork(state)) return;
    this.#members.remove(member);
    member.releaseTurn();
    if (!isOpen || !isAtWork(state)) return;
    this.#host.seatEnded(member.participant, "wasted");
    if (event.type === "withdrew") this.#host.sendAway(member.participant, ABANDONED_RETRY_MS);
    const { id: roundId } = this;
    const { remoteSite } = member;
    if (event.type === "withdrew" && remoteSite !== undefined) this.refusingSites.add(remoteSite);
    this.#deps.events.publish(
      event.type === "left"
        ? { type: "member-left", roundId, stage: state.stage }
        : { type: "member-withdrew", roundId, code: event.code },
    );
    this.#machine.dispatchMember(member.session, event);
  }

  /**
   * What a member that is told the round's end has made of its seat, unless that is known already. A
   * member whose time was over while it was to act itself has wasted its seat.
   */
  #unfinishedUse(member: Member): SeatUse | undefined {
    const state = this.#stateOf(member);
    if (state === undefined || !isAtWork(state)) return undefined;
    const isDue = this.#machine.hasTimedOut && WAITED_FOR.has(state.stage);
    return isDue ? "wasted" : "blameless";
  }

  #stateOf({ session }: Member): MemberState | undefined {
    return this.#machine.cohort?.state(session);
  }

  /** Takes a member out of the round. @returns When it should check in again. */
  #sendAway(member: Member, atLeastMs?: number): number {
    this.#members.remove(member);
    return this.#host.sendAway(member.participant, atLeastMs);
  }
}
