import {
  TributaryError,
  shuffledIndices,
  type PopulationName,
  type RandomSource,
  type SessionId,
} from "@tributary/protocol";
import type { CheckInOffer, Participant } from "./participant.ts";

export interface WaitingClient {
  readonly participant: Participant;
  readonly offer: CheckInOffer;
}

/** A task that gathers cohorts from a population. */
export interface Recruiter {
  /** Why this client cannot take part in the task; `undefined` when it can. */
  refusal(offer: CheckInOffer): TributaryError | undefined;
  clientWaits(client: WaitingClient): void;
  clientLeft(session: SessionId): void;
}

/** When to come back if there is nothing to do now: long enough to cost nothing, short enough to join soon after a start. */
const NO_ROUND_RETRY_MS = 5_000;

/** The clients of one population that have checked in and wait, and the tasks that recruit among them. */
export class Population {
  readonly name: PopulationName;
  readonly #random: RandomSource;
  readonly #waiting: Map<SessionId, WaitingClient> = new Map();
  readonly #recruiters: Set<Recruiter> = new Set();

  constructor(name: PopulationName, random: RandomSource) {
    this.name = name;
    this.#random = random;
  }

  get waitingCount(): number {
    return this.#waiting.size;
  }

  /**
   * Takes a client into the pool; it may be in a cohort before this returns.
   * @throws TributaryError `NO_OPEN_ROUND` or `NOT_ELIGIBLE`, with the time after which to come back.
   */
  checkIn(client: WaitingClient): void {
    if (this.#recruiters.size === 0) throw noOpenRound(this.name);
    let refusal: TributaryError | undefined;
    const takers = [...this.#recruiters].filter((recruiter) => {
      const reason = recruiter.refusal(client.offer);
      refusal ??= reason;
      return reason === undefined;
    });
    if (takers.length === 0 && refusal !== undefined) throw refusal;
    const { sessionId } = client.participant;
    this.#waiting.set(sessionId, client);
    for (const recruiter of takers) {
      if (this.#waiting.has(sessionId)) recruiter.clientWaits(client);
    }
  }

  /** The client no longer waits: it has gone. */
  leave(session: SessionId): void {
    if (!this.#waiting.delete(session)) return;
    for (const recruiter of this.#recruiters) recruiter.clientLeft(session);
  }

  /** Takes a client out of the pool for `recruiter`'s round. */
  claim(session: SessionId, by: Recruiter): WaitingClient | undefined {
    const client = this.#waiting.get(session);
    if (client === undefined) return undefined;
    this.#waiting.delete(session);
    for (const recruiter of this.#recruiters) {
      if (recruiter !== by) recruiter.clientLeft(session);
    }
    return client;
  }

  /** Those that wait and that the recruiter can take, in random order, so that being early earns nothing. */
  candidates(recruiter: Recruiter): readonly WaitingClient[] {
    const eligible = [...this.#waiting.values()].filter(
      (client) => recruiter.refusal(client.offer) === undefined,
    );
    return Array.from(shuffledIndices(eligible.length, this.#random), (index) => eligible[index]!);
  }

  addRecruiter(recruiter: Recruiter): void {
    this.#recruiters.add(recruiter);
  }

  /** The task recruits no more. Clients that wait with nothing left to wait for are sent away. */
  removeRecruiter(recruiter: Recruiter): void {
    this.#recruiters.delete(recruiter);
    for (const [session, { participant, offer }] of this.#waiting) {
      const stillWanted = [...this.#recruiters].some((other) => other.refusal(offer) === undefined);
      if (stillWanted) continue;
      this.#waiting.delete(session);
      const { code, message, retryAfterMs } = noOpenRound(this.name);
      participant.reject(code, message, retryAfterMs ?? NO_ROUND_RETRY_MS);
    }
  }
}

export function noOpenRound(population: string): TributaryError {
  return new TributaryError("NO_OPEN_ROUND", `No task is running for population "${population}"`, {
    remedy: "Come back later.",
    retryAfterMs: NO_ROUND_RETRY_MS,
  });
}
