import type { Collection } from "@tributary/core";
import type { RoundId, SessionId } from "@tributary/protocol";
import { eventLoopTurn } from "../../runtime/event-loop-turn.ts";
import type { SealedModel } from "../model/sealed-model.ts";
import type {
  MemberMessage,
  Participant,
  RoundSeat,
  WaitingClient,
} from "../population/participant.ts";
import type { SeatClaim } from "./kept-seats.ts";
import { Member } from "./member.ts";
import type { RoundMachine } from "./round-machine.ts";
import { SeatReturns, type SeatReturnsDeps } from "./seat-returns.ts";
import { unexpected } from "./session-errors.ts";

/** Number of members that are told something in one go. Their encryption takes about 2 ms. */
export const MEMBERS_PER_TURN = 32;

/** The round whose members these are. */
export interface RoundMembersOptions {
  readonly facts: {
    readonly id: RoundId;
    readonly number: number;
    readonly taskName: string;
  };
  readonly collection: Collection;
  readonly machine: RoundMachine;
  /** A member says something. */
  readonly receive: (member: Member, message: MemberMessage) => void;
  /** A member's connection is lost, and it does not come back. */
  readonly left: (member: Member) => void;
}

/**
 * The members of one round that take part and have not been told how their part ended: how they get
 * their seats and their configuration, and what they send and receive.
 */
export class RoundMembers {
  readonly #options: RoundMembersOptions;
  readonly #deps: SeatReturnsDeps;
  readonly #returns: SeatReturns;
  readonly #members: Map<SessionId, Member> = new Map();
  /** Set while members may still be sent it. */
  #model: SealedModel | undefined;
  #bytesUp = 0;
  #bytesDown = 0;

  constructor(options: RoundMembersOptions, deps: SeatReturnsDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#returns = new SeatReturns(
      {
        machine: options.machine,
        seatOf: (member) => this.#seatOf(member),
        configure: (member) => this.#configure(member),
      },
      deps,
    );
  }

  get size(): number {
    return this.#members.size;
  }

  get(session: SessionId): Member | undefined {
    return this.#members.get(session);
  }

  [Symbol.iterator](): IterableIterator<Member> {
    return this.#members.values();
  }

  /** Makes a selected client a member. */
  seat(client: WaitingClient): void {
    const { random } = this.#deps;
    const { facts, collection } = this.#options;
    const member = new Member(facts.id, client, {
      reportNonce: random.bytes(16),
      mostExamples: collection.mostExamples(client.offer),
      resumeSecret: client.offer.resumes === true ? random.bytes(32) : undefined,
    });
    this.#members.set(member.session, member);
    client.participant.take(this.#seatOf(member));
  }

  /** Sends every member the configuration. */
  async configure(model: SealedModel): Promise<void> {
    this.#model = model;
    let told = 0;
    for (const member of this) {
      if (++told % MEMBERS_PER_TURN === 0) await eventLoopTurn();
      this.#configure(member);
    }
  }

  /** No member is sent the model any more; its memory is given back. */
  dropModel(): void {
    this.#model = undefined;
  }

  /**
   * Gives a member its seat again, over another connection, and tells it how far it has come.
   * @returns False when the claim is not that of a member of this round.
   */
  resume(participant: Participant, claim: SeatClaim): boolean {
    const member = this.#members.get(claim.sessionId);
    if (member === undefined) return false;
    this.#addTraffic(member);
    return this.#returns.resume(member, participant, claim);
  }

  /** Forgets a member whose part in the round has ended. */
  remove(member: Member): void {
    this.#addTraffic(member);
    this.#members.delete(member.session);
  }

  /** Bytes that members have sent and received so far. */
  traffic(): { readonly bytesUp: number; readonly bytesDown: number } {
    for (const member of this) this.#addTraffic(member);
    return { bytesUp: this.#bytesUp, bytesDown: this.#bytesDown };
  }

  /** The seat through which a member speaks over its present connection. */
  #seatOf(member: Member): RoundSeat {
    const { facts, machine, receive, left } = this.#options;
    const { participant } = member;
    return {
      roundId: facts.id,
      get isTraining() {
        return machine.cohort?.state(member.session)?.stage === "training";
      },
      receive: (message) => {
        if (member.participant !== participant) throw unexpected(`the message ${message.type}`);
        member.spoke();
        receive(member, message);
      },
      leave: (isForGood) => {
        if (member.participant !== participant) return;
        this.#addTraffic(member);
        if (isForGood === true || member.resumeSecret === undefined) left(member);
        else this.#returns.lost(member);
      },
    };
  }

  /** Sends a member the configuration, unless it has it already. */
  #configure(member: Member): void {
    const { facts, machine } = this.#options;
    const { purpose } = this.#options.collection;
    const { id: roundId, number: roundNumber, taskName } = facts;
    const { participant, reportNonce, resumeSecret } = member;
    if (member.isConfigured || this.#model === undefined) return;
    member.isConfigured = true;
    participant.configure(
      {
        ...{ roundId, purpose, roundNumber, taskName, reportNonce },
        timeLeftMs: machine.timeLeftMs,
        ...(resumeSecret === undefined ? {} : { resumeSecret }),
      },
      this.#model,
    );
  }

  #addTraffic({ participant }: Member): void {
    const { up, down } = participant.takeTraffic();
    this.#bytesUp += up;
    this.#bytesDown += down;
  }
}
