import type {
  ArtifactId,
  ErrorCode,
  MetricValue,
  RoundId,
  ServerMessage,
  SessionId,
  TributaryError,
} from "@tributary/protocol";
import type { SealedModel } from "./model/sealed-model.ts";

/** What a client offers when it checks in. Used to decide, never stored. */
export interface CheckInOffer {
  readonly population: string;
  readonly codecs: readonly string[];
  readonly maxParameters: number;
  readonly exampleCount: number;
  /** Examples to evaluate on, which it does not train on; 0 when it does not evaluate. */
  readonly heldOutCount: number;
  readonly heldArtifacts: ReadonlySet<ArtifactId>;
  /** Which device this is, where it has proved it. */
  readonly deviceId?: string;
}

export interface ReportHeader {
  readonly roundId: RoundId;
  readonly reportNonce: Uint8Array;
  readonly exampleCount: number;
  readonly codec: string;
  readonly updateBytes: number;
  readonly metrics: readonly MetricValue[];
}

type Body<Type extends ServerMessage["type"]> = Omit<
  Extract<ServerMessage, { type: Type }>,
  "type"
>;
export type RoundConfiguration = Omit<Body<"roundConfiguration">, "delivery">;
export type RoundOutcome = Body<"roundOutcome">;

/** A connected client as the coordinator sees it. The gateway's session is the adapter. None of these throws. */
export interface Participant {
  readonly sessionId: SessionId;
  /** The client is in the cohort: what becomes of it is for `seat` to know from now on. */
  take(seat: RoundSeat): void;
  /** Sends the configuration of the round that it was taken into, and what it does not hold of the model. */
  configure(configuration: RoundConfiguration, model: SealedModel): void;
  grantReport(roundId: RoundId): void;
  answerReport(roundId: RoundId, refused?: TributaryError): void;
  endRound(outcome: RoundOutcome): void;
  reject(code: ErrorCode, message: string, retryAfterMs: number): void;
  /** Bytes of this session's frames, both ways, since the last call. */
  takeTraffic(): { readonly up: number; readonly down: number };
}

/** A member's place in one round: what the session tells the round. Harmless after the round's end. */
export interface RoundSeat {
  readonly roundId: RoundId;
  /** @throws TributaryError when the report cannot be taken: `ROUND_CLOSED`, `REPORT_NONCE_INVALID`, … */
  beginReport(header: ReportHeader): void;
  /**
   * Takes the next piece of the report; the last one completes it.
   * @param data - Copied before this returns.
   * @returns Whether the report is complete.
   */
  receive(data: Uint8Array): boolean;
  /** The client has verified what it was sent and begins to train. */
  configured(): void;
  /** @param code - Why, as the client says. */
  withdraw(code: ErrorCode): void;
  /** The connection is gone. */
  leave(): void;
}
