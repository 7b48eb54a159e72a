import type { ReportHeader } from "@tributary/core";
import type { SessionId } from "@tributary/protocol";
import type { Participant } from "../population/participant.ts";
import type { UploadTurn } from "./upload-turns.ts";

/** The sites of clients of this machine, in IPv4 and in IPv6. */
const OWN_SITES = /^127\.|^0:0:0::\/48$/;

/**
 * What the server holds of one member besides its state, which the round's cohort keeps: its
 * connection, and the report that is coming in.
 */
export class Member {
  readonly participant: Participant;
  /** Shown by the member's report, which proves that it is for this round and from this session. */
  readonly reportNonce: Uint8Array;
  /** The most examples that the member's report may be about: those that it offered at check-in. */
  readonly mostExamples: number;
  /** Set once the member has announced its report. */
  report: Pick<ReportHeader, "exampleCount" | "metrics"> | undefined;
  /** Set while the member waits for its upload turn or has it. */
  turn: UploadTurn | undefined;
  #receivedBytes = 0;

  constructor(
    participant: Participant,
    { reportNonce, mostExamples }: Pick<Member, "reportNonce" | "mostExamples">,
  ) {
    this.participant = participant;
    this.reportNonce = reportNonce;
    this.mostExamples = mostExamples;
  }

  get session(): SessionId {
    return this.participant.sessionId;
  }

  /** Where the member connects from; undefined when that is the server's own machine. */
  get remoteSite(): string | undefined {
    const { site } = this.participant;
    return OWN_SITES.test(site) ? undefined : site;
  }

  /**
   * Copies a piece of the payload into the turn's buffer.
   * @returns Whether the payload is complete; `undefined` when the piece does not fit: it is empty,
   *   or goes past the payload's end.
   */
  append(piece: Uint8Array): boolean | undefined {
    const buffer = this.turn?.buffer;
    if (buffer === undefined || piece.length === 0) return undefined;
    if (this.#receivedBytes + piece.length > buffer.length) return undefined;
    buffer.set(piece, this.#receivedBytes);
    this.#receivedBytes += piece.length;
    this.turn?.received(piece.length);
    return this.#receivedBytes === buffer.length;
  }

  /** Gives back the upload turn, if the member has one or waits for one. */
  releaseTurn(): void {
    this.turn?.release();
    this.turn = undefined;
  }
}
