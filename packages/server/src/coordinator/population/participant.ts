import type {
  ArtifactId,
  ClientMessage,
  ErrorCode,
  PlanId,
  RoundId,
  ServerMessage,
  SessionId,
} from "@tributary/protocol";
import type { SealedModel } from "../model/sealed-model.ts";

/** What a client offers when it checks in. It is used to decide and is never stored. */
export interface CheckInOffer {
  readonly population: string;
  /** Names of the codecs that the client can use. */
  readonly codecs: readonly string[];
  /** Names of the plan features that the client knows; none if left out. */
  readonly planFeatures?: readonly string[];
  /** The largest number of parameters of a model that the client accepts. */
  readonly maxParameters: number;
  /** Number of examples that the client can train on. */
  readonly exampleCount: number;
  /** Number of held-out examples that the client can evaluate on; 0 when it does not evaluate. */
  readonly heldOutCount: number;
  /** Plans and checkpoints that the client holds and need not be sent. */
  readonly heldArtifacts: ReadonlySet<ArtifactId>;
  /** The client's device, where the client has proved which one it is. */
  readonly deviceId?: string;
  /** Whether the client goes on with its round over another connection when this one breaks. */
  readonly resumes?: boolean;
  /** The plans whose conditions the client's device does not meet now; none if left out. */
  readonly declinedPlans?: readonly PlanId[];
}

/** What a member is sent at the start of its round, without the model. */
export type RoundConfiguration = Omit<
  Extract<ServerMessage, { type: "roundConfiguration" }>,
  "type" | "delivery"
>;

/** What a member says about its round. */
export type MemberMessage = Extract<
  ClientMessage,
  { type: "configured" | "withdraw" | "reportBegin" | "reportChunk" }
>;

/** What a member is told about its round after its configuration. */
export type RoundMessage = Extract<
  ServerMessage,
  { type: "resumed" | "reportGrant" | "reportResult" | "roundOutcome" }
>;

/**
 * A connected client as the coordinator sees it. The gateway's session is the adapter. None of
 * these methods throws. They do nothing when the client has gone.
 */
export interface Participant {
  readonly sessionId: SessionId;
  /** Where the client connects from: an IPv4 address, or an IPv6 network of 48 bits. */
  readonly site: string;
  /** The client has been selected. What it says about the round goes to `seat` from now on. */
  take(seat: RoundSeat): void;
  /** Sends the round's configuration and what the client does not hold of the model. */
  configure(configuration: RoundConfiguration, model: SealedModel): void;
  /** Sends a message about the round that the client is in. */
  tell(message: RoundMessage): void;
  /** Answers a check-in: the client is to come back after `retryAfterMs`. */
  reject(code: ErrorCode, message: string, retryAfterMs: number): void;
  /**
   * Returns the request with which the client came: its report counts, or the round ended without
   * its report and without its fault.
   */
  returnRequest(): void;
  /** The client goes on with its round over another connection: ends this one. */
  supersede(): void;
  /** Bytes of the session's frames in both directions since the last call. */
  takeTraffic(): { readonly up: number; readonly down: number };
}

/** A client's place in its population's pool. */
export interface WaitingPlace {
  /** How many clients of the population wait, this one included. */
  readonly waiting: number;
  /** Takes the check-in back. */
  leave(): void;
}

/** A client that has checked in and waits to be selected. */
export interface WaitingClient {
  readonly participant: Participant;
  readonly offer: CheckInOffer;
}

/**
 * What a member has made of its seat: its report counts; the seat was wasted, because the member
 * withdrew, left, had its report refused or was too slow; or neither.
 */
export type SeatUse = "counted" | "wasted" | "blameless";

/** A member's place in one round. After the round's end it ignores what the member says. */
export interface RoundSeat {
  readonly roundId: RoundId;
  /** Whether the member works on its examples now, and need not say anything meanwhile. */
  readonly isTraining: boolean;
  /**
   * Handles what the member says about the round. The data of a chunk is copied before this
   * returns.
   * @throws TributaryError `UNEXPECTED_MESSAGE` when the member may not say this now: the session
   *   is then to be closed.
   */
  receive(message: MemberMessage): void;
  /**
   * The member's connection is lost.
   * @param isForGood - Whether the member may not come back, because it has broken the protocol.
   */
  leave(isForGood?: boolean): void;
}
