import {
  checkReportHeader,
  takesReports,
  type Collection,
  type MemberEvent,
  type ReportForm,
} from "@tributary/core";
import {
  TributaryError,
  asTributaryError,
  type CryptoProvider,
  type RandomSource,
  type RoundId,
  type TaskId,
} from "@tributary/protocol";
import type { Logger } from "../../runtime/logger.ts";
import type { EventPublisher } from "../../telemetry/event-feed.ts";
import type { MemberMessage, SeatUse } from "../population/participant.ts";
import type { Member } from "./member.ts";
import type { RoundMachine } from "./round-machine.ts";
import { roundClosed, unexpected } from "./session-errors.ts";
import { toldError } from "./told-error.ts";
import type { UploadTurns } from "./upload-turns.ts";

export interface ReportIntakeDeps {
  readonly crypto: CryptoProvider;
  readonly random: RandomSource;
  readonly logger: Logger;
  readonly turns: UploadTurns;
  readonly events: EventPublisher;
}

/** What the intake of reports works with. */
export interface ReportIntakeOptions {
  readonly roundId: RoundId;
  readonly taskId: TaskId;
  readonly collection: Collection;
  /** What every report of the round must look like. */
  readonly form: ReportForm;
  readonly machine: RoundMachine;
  /** Takes a member out of the round. Returns when the member should check in again. */
  readonly sendAway: (member: Member) => number;
  /** Takes note of what a member has made of its seat. */
  readonly seatEnded: (member: Member, use: SeatUse) => void;
}

type ReportBegin = Extract<MemberMessage, { type: "reportBegin" }>;

const NO_PAYLOAD = new Uint8Array(0);

/**
 * Takes in the reports of one round: checks the header, waits for the upload turn, gathers the
 * payload, has it added to the sums, and answers.
 */
export class ReportIntake {
  readonly #deps: ReportIntakeDeps;
  readonly #options: ReportIntakeOptions;

  constructor(options: ReportIntakeOptions, deps: ReportIntakeDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** Whether the round still accepts what members report. */
  get isOpen(): boolean {
    return takesReports(this.#options.machine.state);
  }

  /**
   * Handles the announcement of a member's report. The member is answered with an upload turn once
   * there is one, or with the reason why its report is refused.
   * @throws TributaryError `UNEXPECTED_MESSAGE` when it has announced one before, or has not yet
   *   said that it is configured.
   */
  begin(member: Member, message: ReportBegin): void {
    const { form, sendAway, roundId } = this.#options;
    if (!this.isOpen) {
      this.#options.seatEnded(member, "blameless");
      this.#answer(member, roundClosed(sendAway(member)));
      return;
    }
    if (this.#stageOf(member) !== "training") throw unexpected("the beginning of a report");
    try {
      this.#checkHeader(member, message);
    } catch (error) {
      this.#refuse(member, error);
      return;
    }
    // The whole message is not kept: its nonce is a view of a frame, which would stay in memory.
    const { exampleCount, metrics, bases = [] } = message;
    member.report = { exampleCount, metrics, bases };
    const isComplete = form.payloadBytes.max === 0;
    this.#step(member, { type: "began", isComplete });
    if (isComplete) return;
    member.turn = this.#deps.turns.request({
      task: this.#options.taskId,
      site: member.participant.site,
      byteLength: message.updateBytes,
      onGrant: (turn) => {
        // It is set here as well, because a member in this process may upload before `request`
        // returns.
        member.turn = turn;
        this.#step(member, { type: "granted" });
        if (this.#stageOf(member) === "uploading") {
          member.participant.tell({ type: "reportGrant", roundId });
        } else {
          member.releaseTurn();
        }
      },
      onLost: (error) => {
        if (this.isOpen && this.#stageOf(member) === "uploading") this.#loseTurn(member, error);
      },
    });
  }

  /**
   * Takes a piece of a member's payload.
   * @param data - Copied before this returns.
   * @throws TributaryError `UNEXPECTED_MESSAGE` when the member has no upload turn, or the piece is
   *   empty or goes past the end that was announced.
   */
  append(member: Member, data: Uint8Array): void {
    // Once the round has closed, the outcome is on its way, and the rest of an upload is dropped.
    if (!this.isOpen) return;
    if (this.#stageOf(member) !== "uploading") throw unexpected("a report chunk");
    const isComplete = member.append(data);
    if (isComplete === undefined) {
      throw new TributaryError(
        "UNEXPECTED_MESSAGE",
        "A report chunk is empty or goes past the report's end",
      );
    }
    if (!isComplete) return;
    if (!this.#isOneReport(member)) {
      this.#refuse(member, otherReport());
      return;
    }
    member.turn?.complete();
    this.#step(member, { type: "uploaded" });
  }

  /** Has a complete report added to the sums, and answers when that is done. */
  add(member: Member): void {
    const { exampleCount = 0, metrics = [], bases = [] } = member.report ?? {};
    const payload = member.turn?.buffer ?? NO_PAYLOAD;
    let adding: void | Promise<void>;
    try {
      adding = this.#options.collection.receive({ exampleCount, payload, metrics, bases });
    } catch (error) {
      this.#notAdded(member, error);
      return;
    }
    if (adding === undefined) {
      this.#added(member);
      return;
    }
    adding.then(
      () => this.#added(member),
      (error: unknown) => this.#notAdded(member, error),
    );
  }

  /**
   * Gives back the upload turns of members whose reports will not count, once the round has closed.
   * @param members - All members of the round.
   */
  close(members: Iterable<Member>): void {
    const releasable = [...members].filter((member) => this.#stageOf(member) !== "adding");
    // Members that wait go first, so that no turn passes on to a member of a round that is closed.
    for (const member of releasable) if (member.turn?.buffer === undefined) member.releaseTurn();
    for (const member of releasable) member.releaseTurn();
  }

  #stageOf(member: Member): string | undefined {
    return this.#options.machine.cohort?.state(member.session)?.stage;
  }

  #step({ session }: Member, event: MemberEvent): void {
    this.#options.machine.dispatchMember(session, event);
  }

  /** Whether a payload that came over several connections is of one report, as its sender has it. */
  #isOneReport({ payloadSha256, turn }: Member): boolean {
    if (payloadSha256 === undefined || turn?.buffer === undefined) return true;
    const { crypto } = this.#deps;
    return crypto.equal(crypto.sha256(turn.buffer), payloadSha256);
  }

  #checkHeader(member: Member, message: ReportBegin): void {
    const { crypto } = this.#deps;
    const { roundId, form } = this.#options;
    if (message.roundId !== roundId) {
      throw new TributaryError("ROUND_MISMATCH", "The report is for another round", {
        remedy: "Report to the round whose configuration this session received.",
      });
    }
    if (!crypto.equal(message.reportNonce, member.reportNonce)) {
      throw new TributaryError("REPORT_NONCE_INVALID", "The report's nonce is not this session's");
    }
    checkReportHeader(message, form, member.mostExamples);
  }

  #added(member: Member): void {
    const { machine, collection, roundId } = this.#options;
    // The round may have been abandoned while the report was being added.
    if (machine.state.phase === "reporting") {
      this.#options.seatEnded(member, "counted");
      this.#answer(member);
      this.#deps.events.publish({
        type: "report-accepted",
        roundId,
        accepted: collection.reportCount,
        goalCount: machine.policy.goalCount,
      });
      this.#step(member, { type: "added" });
    }
    // The turn is given back last: this report may have closed the round, and then no member of
    // the round waits for a turn any more.
    member.releaseTurn();
  }

  #notAdded(member: Member, error: unknown): void {
    if (this.#options.machine.state.phase === "reporting") this.#refuse(member, error);
    else member.releaseTurn();
  }

  /** A member that is away may send its report again; one that is present is too slow. */
  #loseTurn(member: Member, error: TributaryError): void {
    member.releaseTurn();
    const { machine } = this.#options;
    if (!machine.dispatchMember(member.session, { type: "gaveWay" })) this.#refuse(member, error);
  }

  /** Refuses a member's report: the member is told why, and when to come back. */
  #refuse(member: Member, thrown: unknown): void {
    const error = asTributaryError(thrown);
    const { sendAway, seatEnded, roundId } = this.#options;
    member.releaseTurn();
    // What went wrong inside the server is no fault of the member's.
    seatEnded(member, error.code === "INTERNAL" ? "blameless" : "wasted");
    const told = new TributaryError(error.code, error.message, {
      retryAfterMs: sendAway(member),
      context: error.context,
      cause: error,
    });
    this.#answer(member, told);
    this.#deps.events.publish({ type: "report-refused", roundId, error });
    this.#step(member, { type: "refused", code: error.code });
  }

  #answer({ participant, session }: Member, refused?: TributaryError): void {
    participant.tell({
      type: "reportResult",
      roundId: this.#options.roundId,
      refused: refused && toldError(refused, this.#deps, session),
    });
  }
}

const otherReport = (): TributaryError =>
  new TributaryError(
    "UPDATE_MALFORMED",
    "The report that came over two connections is not the one that its client has",
    { remedy: "Go on with the same bytes, or withdraw." },
  );
