import {
  TributaryError,
  asTributaryError,
  updateCodec,
  type AggregationSpec,
  type CryptoProvider,
  type Limits,
  type RandomSource,
  type RoundId,
  type RoundPurpose,
  type SessionId,
  type UpdateCodec,
  type UpdateSpec,
} from "@tributary/protocol";
import {
  RoundAggregate,
  localAdders,
  type OpenAdder,
  countFates,
  totalOf,
  type MemberFate,
  type MemberStage,
  type RoundFates,
  type RoundEvent,
  type RoundPolicy,
} from "@tributary/core";
import type { RoundRecord } from "../storage/round-store.ts";
import type { Clock } from "../runtime/clock.ts";
import { checkReportHeader, type ExpectedReport } from "./check-report-header.ts";
import type { CoordinatorListener } from "./coordinator-event.ts";
import type { Participant, ReportHeader, RoundOutcome, RoundSeat } from "./participant.ts";
import type { ReportSlots, ReportTicket } from "./report-slots.ts";
import { roundClosed } from "./round-closed.ts";
import type { SealedModel } from "./model/sealed-model.ts";
import type { ModelVersion } from "./model/model-version.ts";

export interface RoundFacts {
  readonly id: RoundId;
  /** What members do. The reports of an evaluation have metrics and no update. */
  readonly purpose: RoundPurpose;
  /** Of an evaluation, the round that made its checkpoint. */
  readonly number: number;
  /** What the cohort is sent. */
  readonly base: ModelVersion;
  readonly policy: RoundPolicy;
  readonly taskName: string;
  readonly startedAtMs: number;
  readonly codec: UpdateCodec;
  /** What `codec` was made of. */
  readonly update: UpdateSpec;
  readonly aggregation: AggregationSpec;
  /** Values in one update. */
  readonly dimension: number;
  readonly metricNames: readonly string[];
  /** When a member that goes now should come back; each call is one member. */
  readonly sendAway: (participant: Participant, atLeastMs?: number) => number;
}

interface RoundDeps {
  readonly crypto: CryptoProvider;
  readonly random: RandomSource;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly slots: ReportSlots;
  readonly openAdder?: OpenAdder;
  readonly listener: CoordinatorListener;
}

interface Seat {
  readonly participant: Participant;
  readonly nonce: Uint8Array;
  stage: MemberStage;
  /** Absent while it is at work. */
  fate: MemberFate | undefined;
  header: Pick<ReportHeader, "exampleCount" | "metrics"> | undefined;
  ticket: ReportTicket | undefined;
  received: number;
}

/** The reports of an evaluation are added like any other, as updates of no values. */
const NO_UPDATE = {
  update: { codec: "float32" },
  codec: updateCodec({ codec: "float32" }),
  aggregation: { rule: "mean" },
  dimension: 0,
} as const;
const EMPTY = new Uint8Array(0);

/** Members told in one go: about 2 ms of work. */
const MEMBERS_BETWEEN_RESTS = 32;

/** The effects of one round: its members' seats, their reports, and what they add up to. */
export class RunningRound {
  readonly id: RoundId;
  readonly facts: RoundFacts;
  readonly aggregate: RoundAggregate;
  /** What was stored when the round committed. */
  record: RoundRecord | undefined;
  /** Resolves once the round has ended and its members know. */
  readonly settled: Promise<void>;
  readonly settle: () => void;
  readonly #deps: RoundDeps;
  readonly #dispatch: (event: RoundEvent) => void;
  readonly #seats: Map<SessionId, Seat> = new Map();
  readonly #expected: Omit<ExpectedReport, "reportNonce">;
  /** Reports that are whole and wait to be added: those that come when enough are being added to reach the goal. */
  readonly #whole: Set<Seat> = new Set();
  /** Reports that are being added, each until it has been or has turned out not to be sound. They are past recall, and count. */
  readonly #adding: Map<Seat, Promise<void>> = new Map();
  /** As they were when reporting closed: who leaves afterwards changes nothing. */
  #fates: RoundFates | undefined;
  #reporting = true;
  #configured: Promise<void> | undefined;
  #membersAtWork = 0;
  #bytesUp = 0;
  #bytesDown = 0;

  constructor(facts: RoundFacts, deps: RoundDeps, dispatch: (event: RoundEvent) => void) {
    this.id = facts.id;
    this.facts = facts;
    this.#deps = deps;
    this.#dispatch = dispatch;
    const { purpose, metricNames } = facts;
    const { update, codec, aggregation, dimension } = purpose === "training" ? facts : NO_UPDATE;
    const openAdder = deps.openAdder ?? localAdders(deps.crypto);
    const adder = openAdder({ update, aggregation, dimension });
    this.aggregate = new RoundAggregate(codec, dimension, metricNames, adder);
    this.#expected = {
      roundId: facts.id,
      purpose,
      codecName: purpose === "training" ? codec.name : "",
      dimension,
      payloadBytes: codec.payloadBytes(dimension),
      metricNames,
    };
    let settle = (): void => {};
    this.settled = new Promise((resolve) => (settle = resolve));
    this.settle = settle;
  }

  /** Gives a client its place in the cohort. */
  seat(participant: Participant): void {
    const seat: Seat = {
      participant,
      nonce: this.#deps.random.bytes(16),
      stage: "configuring",
      fate: undefined,
      header: undefined,
      ticket: undefined,
      received: 0,
    };
    this.#seats.set(participant.sessionId, seat);
    this.#membersAtWork += 1;
    participant.take(this.#handle(seat));
  }

  /**
   * Sends the members what they need.
   * @param rest - Awaited now and then, since each member costs an encryption.
   */
  configure(model: SealedModel, rest: () => Promise<void>): void {
    this.#configured = this.#configureAll(model, rest);
  }

  /** Members that have not been sent away and have not gone. */
  get membersAtWork(): number {
    return this.#membersAtWork;
  }

  /** No report counts from here on but those that are being added; uploads under way give back their turns. */
  closeReporting(): void {
    this.#reporting = false;
    this.#whole.clear();
    if (!this.isAdding) this.#fates ??= this.#countFates();
    // Those who wait go first: a turn that is given back must not pass to a member of a round that is closed.
    for (const { ticket } of this.#seats.values())
      if (ticket?.buffer === undefined) ticket?.release();
    // What is being added is still being read.
    for (const seat of this.#seats.values()) if (!this.#adding.has(seat)) seat.ticket?.release();
  }

  get isAdding(): boolean {
    return this.#adding.size > 0;
  }

  /** Resolves once what is being added now has been. */
  async reportsAdded(): Promise<void> {
    await Promise.all(this.#adding.values());
  }

  /**
   * Tells every member that is still there how the round ended, and each when to come back.
   * @param rest - Awaited now and then, since each member costs an encryption.
   */
  async end(
    outcome: RoundOutcome["outcome"],
    next: { readonly atLeastMs: number; readonly taskFinished: boolean },
    rest: () => Promise<void>,
  ): Promise<void> {
    this.aggregate.discard(); // a seat may be kept longer than its round
    // Nobody hears of the end of a round before its beginning.
    if (this.#configured !== undefined) await this.#configured;
    let told = 0;
    for (const seat of this.#seats.values()) {
      if (seat.fate !== undefined && seat.fate.type !== "reported") continue;
      if (++told % MEMBERS_BETWEEN_RESTS === 0) await rest();
      this.#membersAtWork -= 1;
      const nextCheckInMs = this.facts.sendAway(seat.participant, next.atLeastMs);
      seat.participant.endRound({
        roundId: this.id,
        outcome,
        nextCheckInMs,
        taskFinished: next.taskFinished,
      });
    }
  }

  /** Counts of members and bytes so far. */
  tally(): Pick<
    RoundRecord,
    "selected" | "reported" | "rejected" | "droppedOut" | "fates" | "bytesUp" | "bytesDown"
  > {
    for (const seat of this.#seats.values()) this.#addTraffic(seat);
    const fates = this.#fates ?? this.#countFates();
    return {
      selected: this.#seats.size,
      reported: fates.reported,
      rejected: totalOf(fates.refused),
      droppedOut: totalOf(fates.withdrew) + totalOf(fates.left),
      fates,
      bytesUp: this.#bytesUp,
      bytesDown: this.#bytesDown,
    };
  }

  async #configureAll(model: SealedModel, rest: () => Promise<void>): Promise<void> {
    const { purpose, number, taskName, policy } = this.facts;
    let told = 0;
    for (const { participant, nonce, fate } of this.#seats.values()) {
      if (fate !== undefined) continue;
      if (++told % MEMBERS_BETWEEN_RESTS === 0) await rest();
      const configuration = {
        roundId: this.id,
        purpose,
        roundNumber: number,
        taskName,
        reportNonce: nonce,
        timeLeftMs: policy.reportingTimeoutMs,
      };
      participant.configure(configuration, model);
    }
  }

  #handle(seat: Seat): RoundSeat {
    return {
      roundId: this.id,
      beginReport: (header) => this.#begin(seat, header),
      receive: (data) => this.#receive(seat, data),
      configured: () => {
        if (seat.stage === "configuring") seat.stage = "training";
      },
      withdraw: (code) => this.#depart(seat, { type: "withdrew", code }),
      leave: () => this.#depart(seat, { type: "left", stage: seat.stage }),
    };
  }

  #begin(seat: Seat, header: ReportHeader): void {
    if (!this.#reporting) throw roundClosed(this.facts.sendAway(seat.participant));
    if (seat.fate !== undefined || (seat.stage !== "configuring" && seat.stage !== "training")) {
      throw new TributaryError(
        "REPORT_DUPLICATE",
        "This session has already reported in this round",
        { retryAfterMs: this.facts.sendAway(seat.participant) },
      );
    }
    try {
      checkReportHeader(header, { ...this.#expected, reportNonce: seat.nonce }, this.#deps);
    } catch (error) {
      throw this.#refuse(seat, error);
    }
    seat.stage = "waiting";
    // Not the whole header: its nonce is a view of the frame it came in, which would stay in memory with it.
    seat.header = { exampleCount: header.exampleCount, metrics: header.metrics };
    if (this.facts.purpose === "evaluation") {
      this.#whole.add(seat);
      this.#addNext();
      return;
    }
    seat.ticket = this.#deps.slots.request(
      header.updateBytes,
      (ticket) => {
        // Set here as well: a participant in this process may send its report before `request` returns.
        seat.ticket = ticket;
        seat.stage = "uploading";
        seat.participant.grantReport(this.id);
      },
      () => this.#timeOut(seat),
    );
  }

  #receive(seat: Seat, data: Uint8Array): boolean {
    // After the round has closed the rest of an upload is read and dropped: the outcome is on its way.
    if (!this.#reporting || seat.ticket === undefined || seat.fate !== undefined) return false;
    const buffer = seat.ticket?.buffer;
    if (buffer === undefined) {
      throw new TributaryError("UNEXPECTED_MESSAGE", "A report chunk came before its grant");
    }
    if (data.length === 0 || seat.received + data.length > buffer.length) {
      throw new TributaryError(
        "UNEXPECTED_MESSAGE",
        "A report chunk is empty or goes past the report's end",
      );
    }
    buffer.set(data, seat.received);
    seat.received += data.length;
    if (seat.received < buffer.length) return false;
    seat.ticket.complete();
    this.#whole.add(seat);
    this.#addNext();
    return true;
  }

  /** Adds what is whole, but no more than the goal takes: what is being added cannot be taken back. */
  #addNext(): void {
    for (const seat of this.#whole) {
      if (this.aggregate.reportCount + this.#adding.size >= this.facts.policy.goalCount) return;
      this.#whole.delete(seat);
      this.#add(seat);
    }
  }

  #add(seat: Seat): void {
    const { exampleCount, metrics } = seat.header!;
    const payload = seat.ticket?.buffer ?? EMPTY;
    let adding: void | Promise<void>;
    try {
      adding = this.aggregate.fold({ exampleCount, payload, metrics });
    } catch (error) {
      this.#notAdded(seat, error);
      return;
    }
    if (adding === undefined) {
      this.#added(seat);
      return;
    }
    const done = adding.then(
      () => {
        this.#adding.delete(seat);
        this.#added(seat);
      },
      (error: unknown) => {
        this.#adding.delete(seat);
        this.#notAdded(seat, error);
      },
    );
    this.#adding.set(seat, done);
  }

  #added(seat: Seat): void {
    seat.fate = { type: "reported" };
    this.#keepFates();
    seat.participant.answerReport(this.id);
    this.#deps.listener({
      type: "report-accepted",
      roundId: this.id,
      accepted: this.aggregate.reportCount,
      goalCount: this.facts.policy.goalCount,
    });
    this.#tell({ type: "reported", session: seat.participant.sessionId });
    seat.ticket?.release(); // last: this report may have closed the round, and then nobody waits for the turn
  }

  /** Reporting has closed, and the last report that was still being added is done with. */
  #keepFates(): void {
    if (!this.#reporting && !this.isAdding) this.#fates ??= this.#countFates();
  }

  #notAdded(seat: Seat, error: unknown): void {
    seat.participant.answerReport(this.id, this.#refuse(seat, error));
    this.#keepFates();
    this.#addNext();
  }

  #timeOut(seat: Seat): void {
    if (!this.#reporting || seat.fate !== undefined) return;
    const error = new TributaryError("TIMED_OUT", "The report was not sent in time");
    seat.participant.answerReport(this.id, this.#refuse(seat, error));
  }

  /** @returns What the member is told: why, and when to come back. */
  #refuse(seat: Seat, thrown: unknown): TributaryError {
    const error = asTributaryError(thrown);
    seat.ticket?.release();
    this.#membersAtWork -= 1;
    const told = new TributaryError(error.code, error.message, {
      retryAfterMs: this.facts.sendAway(seat.participant),
      context: error.context,
      cause: error,
    });
    seat.fate = { type: "refused", code: error.code };
    this.#deps.listener({ type: "report-refused", roundId: this.id, error });
    this.#tell({ type: "refused", session: seat.participant.sessionId });
    return told;
  }

  /** Tells the state machine; once reporting has closed it may be another round's. */
  #tell(event: RoundEvent): void {
    if (this.#reporting) this.#dispatch(event);
  }

  #depart(seat: Seat, fate: Extract<MemberFate, { type: "withdrew" | "left" }>): void {
    this.#addTraffic(seat);
    // A report that is being added counts: it was whole before its sender went.
    if (seat.fate !== undefined || this.#adding.has(seat)) return;
    this.#whole.delete(seat);
    seat.ticket?.release();
    seat.fate = fate;
    this.#membersAtWork -= 1;
    const { sessionId: session } = seat.participant;
    if (fate.type === "left") {
      this.#deps.listener({ type: "member-left", roundId: this.id, stage: fate.stage });
    } else {
      this.#deps.listener({ type: "member-withdrew", roundId: this.id, code: fate.code });
    }
    this.#dispatch({ type: fate.type, session });
  }

  #countFates(): RoundFates {
    return countFates(
      Array.from(
        this.#seats.values(),
        ({ fate, stage }): MemberFate => fate ?? { type: "unfinished", stage },
      ),
    );
  }

  #addTraffic(seat: Seat): void {
    const { up, down } = seat.participant.takeTraffic();
    this.#bytesUp += up;
    this.#bytesDown += down;
  }
}
