import type { ReportHeader } from "@tributary/core";
import type { CryptoProvider, RoundId, SessionId } from "@tributary/protocol";
import type { Participant, WaitingClient } from "../population/participant.ts";
import type { UploadTurn } from "./upload-turns.ts";

/** The sites of clients of this machine, in IPv4 and in IPv6. */
const OWN_SITES = /^127\.|^0:0:0::\/48$/;

/**
 * What the server holds of one member besides its state, which the round's cohort keeps: its
 * connection, and the report that is coming in.
 */
export class Member {
  readonly roundId: RoundId;
  /** The session in which the client was selected; it names the member also after a return. */
  readonly session: SessionId;
  /** The client's device, where the client has proved which one it is. */
  readonly deviceId: string | undefined;
  /** Shown by the member's report, which proves that it is for this round and from this session. */
  readonly reportNonce: Uint8Array;
  /** The most examples that the member's report may be about: those that it offered at check-in. */
  readonly mostExamples: number;
  /** Set once the member has announced its report. */
  report: Pick<ReportHeader, "exampleCount" | "metrics" | "bases"> | undefined;
  /** Set while the member waits for its upload turn or has it. */
  turn: UploadTurn | undefined;
  /**
   * What the payload must hash to, where the member goes on with it over another connection: the rest
   * must be of the same report as the bytes that came before.
   */
  payloadSha256: Uint8Array | undefined;
  /** Whether the round's configuration has been sent over the present connection. */
  isConfigured = false;
  #participant: Participant;
  #resumeSecret: Uint8Array | undefined;
  /** The secret before it, until the client shows that the new one has reached it. */
  #lastSecret: Uint8Array | undefined;
  #receivedBytes = 0;

  /** @param terms.resumeSecret - Absent when the client does not come back to its seat. */
  constructor(
    roundId: RoundId,
    { participant, offer }: WaitingClient,
    terms: Pick<Member, "reportNonce" | "mostExamples" | "resumeSecret">,
  ) {
    this.roundId = roundId;
    this.session = participant.sessionId;
    this.deviceId = offer.deviceId;
    this.reportNonce = terms.reportNonce;
    this.mostExamples = terms.mostExamples;
    this.#participant = participant;
    this.#resumeSecret = terms.resumeSecret;
  }

  /** The member's present connection, or the last one that it had. */
  get participant(): Participant {
    return this.#participant;
  }

  /** Proves that a client which comes back is this member; absent when it does not come back. */
  get resumeSecret(): Uint8Array | undefined {
    return this.#resumeSecret;
  }

  /** Whether this is a secret with which the member may come back. Takes constant time. */
  isItsSecret(secret: Uint8Array, crypto: CryptoProvider): boolean {
    const candidates = [this.#resumeSecret, this.#lastSecret];
    return candidates.some((each) => each !== undefined && crypto.equal(each, secret));
  }

  /** Call when the client says something: it has the newest secret, and the one before is void. */
  spoke(): void {
    this.#lastSecret = undefined;
  }

  /** Bytes of the payload that have not come. */
  get bytesLeft(): number {
    return (this.turn?.buffer?.length ?? this.#receivedBytes) - this.#receivedBytes;
  }

  /** The member goes on over another connection. @param resumeSecret - For its next return. */
  goOn(participant: Participant, resumeSecret: Uint8Array): void {
    this.#participant = participant;
    this.#lastSecret = this.#resumeSecret;
    this.#resumeSecret = resumeSecret;
    this.isConfigured = false;
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
    this.payloadSha256 = undefined;
    this.#receivedBytes = 0;
  }
}
