import { isAtWork, type MemberState } from "@tributary/core";
import type { Clock, CryptoProvider, Limits, RandomSource } from "@tributary/protocol";
import type { Participant, RoundSeat } from "../population/participant.ts";
import type { SeatClaim } from "./kept-seats.ts";
import type { Member } from "./member.ts";
import type { RoundMachine } from "./round-machine.ts";

export interface SeatReturnsDeps {
  readonly crypto: CryptoProvider;
  readonly random: RandomSource;
  readonly clock: Clock;
  readonly limits: Limits;
}

/** The round whose members come and go. */
export interface SeatReturnsRound {
  readonly machine: RoundMachine;
  /** Makes the seat through which a member speaks over its present connection. */
  seatOf(member: Member): RoundSeat;
  /** Sends a member the round's configuration, with what it does not hold of the model. */
  configure(member: Member): void;
}

/** What becomes of the members of one round that lose their connections and may come back. */
export class SeatReturns {
  readonly #round: SeatReturnsRound;
  readonly #deps: SeatReturnsDeps;

  constructor(round: SeatReturnsRound, deps: SeatReturnsDeps) {
    this.#round = round;
    this.#deps = deps;
  }

  /** A member's connection is lost. Its seat is kept. */
  lost(member: Member): void {
    const { clock, limits } = this.#deps;
    if (this.#stateOf(member)?.stage === "asking") member.releaseTurn();
    const awaitedUntilMs = clock.elapsedMs() + limits.memberReturnMs;
    this.#round.machine.dispatchMember(member.session, { type: "lost", awaitedUntilMs });
  }

  /**
   * Gives a member its seat again, over another connection. A connection that the server still
   * takes for the member's is ended: the client knows better that it is dead.
   * @returns False when the claim is not the member's own.
   */
  resume(member: Member, participant: Participant, claim: SeatClaim): boolean {
    const { crypto, random } = this.#deps;
    const { machine } = this.#round;
    if (member.resumeSecret === undefined || member.deviceId !== claim.deviceId) return false;
    if (!member.isItsSecret(claim.resumeSecret, crypto)) return false;
    const before = member.participant;
    member.goOn(participant, random.bytes(32));
    if (this.#stateOf(member) !== undefined && !this.#isAway(member)) {
      this.lost(member);
      before.supersede();
    }
    participant.take(this.#round.seatOf(member));
    machine.dispatchMember(member.session, { type: "returned" });
    this.#welcome(member, claim);
    return true;
  }

  /** Tells a member how far it has come. */
  #welcome(member: Member, { payloadSha256 }: SeatClaim): void {
    const { machine } = this.#round;
    const { participant, resumeSecret, roundId } = member;
    const stage = this.#stateOf(member)?.stage;
    if (resumeSecret === undefined || stage === undefined) return;
    if (stage === "configuring") {
      this.#round.configure(member);
      return;
    }
    const isUploading = stage === "uploading" || stage === "uploaded" || stage === "adding";
    if (stage === "uploading") member.payloadSha256 ??= payloadSha256;
    participant.tell({
      type: "resumed",
      roundId,
      resumeSecret,
      stage: stage === "reported" ? "reported" : isUploading ? "uploading" : "training",
      bytesLeft: isUploading ? member.bytesLeft : 0,
      timeLeftMs: machine.timeLeftMs,
    });
  }

  #isAway(member: Member): boolean {
    const state = this.#stateOf(member);
    return state !== undefined && isAtWork(state) && state.isAway === true;
  }

  #stateOf({ session }: Member): MemberState | undefined {
    return this.#round.machine.cohort?.state(session);
  }
}
