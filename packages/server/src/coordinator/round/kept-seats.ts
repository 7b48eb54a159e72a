import { type RoundId, type SessionId } from "@tributary/protocol";
import type { Participant } from "../population/participant.ts";
import { roundClosed } from "./session-errors.ts";

/** What a client shows that goes on with its round over another connection. */
export interface SeatClaim {
  readonly roundId: RoundId;
  /** The session in which the client was selected. */
  readonly sessionId: SessionId;
  readonly resumeSecret: Uint8Array;
  /** The client's device, where the client has proved which one it is. */
  readonly deviceId: string | undefined;
  /** SHA-256 of the whole payload, where the client has begun to send its report. */
  readonly payloadSha256?: Uint8Array | undefined;
}

/** A round whose members may come back. */
interface ResumableRound {
  readonly id: RoundId;
  /** @returns Whether the client has its seat again, and has been told so. */
  resume(participant: Participant, claim: SeatClaim): boolean;
}

/** The rounds of a server to which members may come back, by their ids. */
export class KeptSeats {
  readonly #rounds: Map<RoundId, ResumableRound> = new Map();

  /** Members of this round may come back from now on. */
  open(round: ResumableRound): void {
    this.#rounds.set(round.id, round);
  }

  /** Members of this round can come back no longer; idempotent. */
  close({ id }: ResumableRound): void {
    this.#rounds.delete(id);
  }

  /**
   * Gives a client its seat again. The client has been told so when this returns.
   * @throws TributaryError `ROUND_CLOSED`, whatever the reason, so that a stranger learns nothing of
   *   rounds and sessions.
   */
  resume(participant: Participant, claim: SeatClaim): void {
    if (this.#rounds.get(claim.roundId)?.resume(participant, claim) === true) return;
    throw roundClosed(0);
  }
}
