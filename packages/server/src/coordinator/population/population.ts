import {
  type Clock,
  drawUniform,
  type Limits,
  type PopulationName,
  type RandomSource,
  type SessionId,
  shuffledIndices,
  TributaryError,
} from "@tributary/protocol";
import {
  ClientsAway,
  combineNeeds,
  nextWindowMs,
  returnAfterMs,
  SeatDebts,
  type AwayClient,
  type PaceNeeds,
} from "@tributary/core";
import type { CheckInOffer, Participant, SeatUse, WaitingClient } from "./participant.ts";
import { WaitingPool } from "./waiting-pool.ts";

/** A task that gathers cohorts from a population. */
export interface Recruiter {
  /** When two tasks could use a client, the one with the higher priority gets it. */
  readonly priority: number;
  /** Why this client cannot take part in the task; `undefined` when it can. */
  refusal(offer: CheckInOffer): TributaryError | undefined;
  /** What the task needs from the population now. */
  readonly needs: PaceNeeds;
  /**
   * Whether the task makes no attempts for a while, because its time has not come or because
   * something failed that is not the clients' doing.
   */
  readonly isPaused: boolean;
  /**
   * Whether the task could use this client for a cohort that it gathers now. It is false once the
   * time for gathering is over.
   */
  gathers(offer: CheckInOffer): boolean;
  /** Number of members of its round that have not been sent away. */
  readonly membersAtWork: number;
  /** Tells the task that a client waits. The client may be one that the task cannot use. */
  clientWaits(client: WaitingClient): void;
  /** Tells the task that a client was turned away, because no task can use it. */
  clientTurnedAway(offer: CheckInOffer): void;
  /** Tells the task that a client waits no longer. The task may not have been told of it before. */
  clientLeft(session: SessionId): void;
}

/** What a population works with. */
export interface PopulationDeps {
  readonly random: RandomSource;
  readonly clock: Clock;
  readonly limits: Limits;
}

/**
 * Milliseconds between a client's check-ins while no task is running. They are so rare that they
 * cost hardly anything, and so frequent that clients join soon after a task has been started.
 */
export const NO_ROUND_WINDOW_MS = 5_000;
/**
 * The longest pause of a task, in milliseconds, through which clients wait. They are sent away for
 * a longer one.
 */
const WAITABLE_PAUSE_MS = 5_000;

/** The clients of one population that wait to be selected, and the tasks that may select them. */
export class Population {
  readonly name: PopulationName;
  readonly #deps: PopulationDeps;
  readonly #waiting: WaitingPool;
  readonly #recruiters: Set<Recruiter> = new Set();
  readonly #away: ClientsAway;
  readonly #debts: SeatDebts;
  /** The device that each client has proved, if it has proved one. */
  readonly #devices: WeakMap<Participant, string> = new WeakMap();
  /** Shifts the times at which clients come back, so that populations do not come together. */
  readonly #phaseMs: number;

  constructor(name: PopulationName, deps: PopulationDeps) {
    this.name = name;
    this.#deps = deps;
    const { limits } = deps;
    this.#waiting = new WaitingPool(limits.maxCountedClientsPerAddress);
    this.#away = new ClientsAway(deps.clock.elapsedMs(), limits.maxCountedClientsPerAddress);
    this.#debts = new SeatDebts({
      maxWastedSeats: limits.maxWastedSeatsPerAddress,
      forgivenMs: limits.wastedSeatForgivenMs,
      maxSites: limits.maxTrackedAddresses,
    });
    this.#phaseMs = Math.floor(drawUniform(deps.random) * NO_ROUND_WINDOW_MS);
  }

  /** The clients that wait. */
  get waiting(): Iterable<WaitingClient> {
    return this.#waiting.clients;
  }

  /** Number of clients that wait. */
  get waitingCount(): number {
    return this.#waiting.size;
  }

  /**
   * Takes a client into the pool. The client may have been selected before this returns.
   * @throws TributaryError `NO_OPEN_ROUND` or `NOT_ELIGIBLE`, with the time to come back.
   */
  checkIn(client: WaitingClient): void {
    const { participant, offer } = client;
    const { sessionId, site } = participant;
    const { deviceId } = offer;
    if (deviceId !== undefined) this.#devices.set(participant, deviceId);
    this.#requireDue(participant);
    if (this.#recruiters.size === 0) {
      throw noOpenRound(this.name, this.sendAway(participant));
    }
    let refusal: TributaryError | undefined;
    const takers = [...this.#recruiters].filter((recruiter) => {
      const reason = recruiter.refusal(offer);
      refusal ??= reason;
      return reason === undefined;
    });
    if (takers.length === 0 && refusal !== undefined) {
      // The client is not counted as away, since no round can have it. The random factor keeps
      // clients that are refused together from coming back together.
      for (const recruiter of this.#recruiters) recruiter.clientTurnedAway(client.offer);
      const { retryAfterMs = NO_ROUND_WINDOW_MS, context } = refusal;
      throw new TributaryError(refusal.code, refusal.message, {
        retryAfterMs: Math.floor(retryAfterMs * (1 + drawUniform(this.#deps.random))),
        context,
        cause: refusal,
      });
    }
    if (takers.every(isPausedForLong)) {
      throw noRoundYet(this.sendAway(participant));
    }
    if (deviceId !== undefined) this.#giveWay(deviceId, sessionId);
    if (!this.#waiting.has(sessionId)) this.#makeRoom(site, participant);
    this.#waiting.add(client);
    this.#offer(client, takers);
  }

  /**
   * Holds a client to the wait that it was told, and all clients of its site to what they have made
   * of their seats.
   * @throws TributaryError `NO_OPEN_ROUND`, with the time to come back.
   */
  #requireDue(participant: Participant): void {
    const { clock, limits } = this.#deps;
    const { site } = participant;
    const nowMs = clock.elapsedMs();
    const leftMs = this.#away.leftMs(this.#asAway(participant), nowMs);
    if (leftMs > 0) throw tooEarly("The client has been told to come back later", leftMs);
    const debtMs = this.#debts.waitMs(site, nowMs);
    if (debtMs > 0) {
      throw tooEarly(
        "Too many clients of this address have left their rounds without a report",
        debtMs,
      );
    }
    if (this.#away.countOf(site, nowMs) >= limits.maxAwayClientsPerAddress) {
      throw tooEarly(
        "Enough clients of this address have been told to come back later",
        this.#drawReturn(site),
      );
    }
  }

  /**
   * Makes sure that one more client may wait. If there are enough, a client of the site that has most
   * gives way, unless the newcomer's own site has as many.
   * @throws TributaryError `NO_OPEN_ROUND`.
   */
  #makeRoom(site: string, newcomer: Participant): void {
    if (this.#waiting.size < this.#capacity()) return;
    const crowdedOut = this.#waiting.crowdedOutBy(site);
    if (crowdedOut === undefined) throw enoughWait(this.sendAway(newcomer));
    const { participant } = crowdedOut;
    this.leave(participant.sessionId);
    const { code, message, retryAfterMs = 0 } = enoughWait(this.sendAway(participant));
    participant.reject(code, message, retryAfterMs);
  }

  /**
   * Offers all waiting clients to the tasks again. Call this when a task no longer needs the
   * clients that were kept for it.
   * @param keeper - That task, to which nothing is offered.
   */
  reconsider(keeper?: Recruiter): void {
    const others = [...this.#recruiters].filter((recruiter) => recruiter !== keeper);
    if (others.length === 0) return;
    for (const client of [...this.#waiting.clients]) this.#offer(client, others);
  }

  /** Tells tasks of a waiting client, until one of them has selected it. */
  #offer(client: WaitingClient, takers: readonly Recruiter[]): void {
    for (const recruiter of takers) {
      // A task before this one may have selected the client.
      if (!this.#waiting.has(client.participant.sessionId)) return;
      if (!this.#isKeptFrom(recruiter, client)) recruiter.clientWaits(client);
    }
  }

  /** Whether the client is kept from a task, because one of higher priority could use it. */
  #isKeptFrom(recruiter: Recruiter, { offer }: WaitingClient): boolean {
    for (const other of this.#recruiters) {
      if (other.priority > recruiter.priority && other.gathers(offer)) return true;
    }
    return false;
  }

  /** Takes a client that has gone out of the pool. */
  leave(session: SessionId): void {
    if (this.#waiting.delete(session) === undefined) return;
    for (const recruiter of this.#recruiters) recruiter.clientLeft(session);
  }

  /**
   * Rejects the older check-in of a device that checks in again. A device waits once, over its
   * newest connection, because the older one may be dead without the server having noticed.
   */
  #giveWay(deviceId: string, session: SessionId): void {
    const older = this.#waiting.sessionOf(deviceId);
    if (older === undefined || older === session) return;
    const client = this.#waiting.delete(older);
    for (const recruiter of this.#recruiters) recruiter.clientLeft(older);
    client?.participant.reject(
      "NOT_ELIGIBLE",
      "The client's device has checked in over another connection",
      this.#drawReturn(client.participant.site),
    );
  }

  /**
   * Takes a client out of the pool for a round.
   * @param by - The task that has selected the client. All other tasks are told.
   * @returns undefined when the client waits no longer.
   */
  claim(session: SessionId, by: Recruiter): WaitingClient | undefined {
    const client = this.#waiting.delete(session);
    if (client === undefined) return undefined;
    for (const recruiter of this.#recruiters) {
      if (recruiter !== by) recruiter.clientLeft(session);
    }
    return client;
  }

  /**
   * Returns the waiting clients that a task can use. They are in random order, so that a client
   * gains nothing by checking in early, and sites take turns, so that none gains by having many.
   * Clients of sites in debt come last.
   */
  candidates(recruiter: Recruiter): readonly WaitingClient[] {
    const nowMs = this.#deps.clock.elapsedMs();
    const eligible = [...this.#waiting.clients].filter(
      (client) =>
        recruiter.refusal(client.offer) === undefined && !this.#isKeptFrom(recruiter, client),
    );
    const taken = new Map<string, number>();
    return Array.from(shuffledIndices(eligible.length, this.#deps.random), (index) => {
      const client = eligible[index]!;
      const { site } = client.participant;
      const before = taken.get(site) ?? (this.#debts.isInDebt(site, nowMs) ? eligible.length : 0);
      taken.set(site, before + 1);
      return { client, before };
    })
      .toSorted((a, b) => a.before - b.before)
      .map(({ client }) => client);
  }

  /** Whether a site has wasted more seats than were made good, so that others come first. */
  isInDebt(site: string): boolean {
    return this.#debts.isInDebt(site, this.#deps.clock.elapsedMs());
  }

  /** Takes note of what a member has made of its seat. */
  seatEnded(participant: Participant, use: SeatUse): void {
    const nowMs = this.#deps.clock.elapsedMs();
    if (use === "wasted") this.#debts.waste(participant.site, nowMs);
    else participant.returnRequest();
    if (use === "counted") this.#debts.earn(participant.site, nowMs);
  }

  /** Adds a task that recruits from now on. */
  addRecruiter(recruiter: Recruiter): void {
    this.#recruiters.add(recruiter);
  }

  /** Removes a task. Clients that no other task can use are sent away. */
  removeRecruiter(recruiter: Recruiter): void {
    this.#recruiters.delete(recruiter);
    this.dismissUnwanted();
    this.reconsider();
  }

  /** Sends away the clients that no task can use, or whose tasks are all paused for long. */
  dismissUnwanted(): void {
    const recruiters = [...this.#recruiters].filter((recruiter) => !isPausedForLong(recruiter));
    for (const { participant, offer } of [...this.#waiting.clients]) {
      if (recruiters.some((recruiter) => recruiter.refusal(offer) === undefined)) continue;
      this.leave(participant.sessionId);
      const retryAfterMs = this.sendAway(participant);
      const { code, message } =
        this.#recruiters.size === 0
          ? noOpenRound(this.name, retryAfterMs)
          : noRoundYet(retryAfterMs);
      participant.reject(code, message, retryAfterMs);
    }
  }

  /**
   * An estimate of how many clients there are, in the view of one site: those that wait, those that
   * are at work, and those that have been told when to come back. Other sites count for a bounded
   * share, so that a crowd of one site makes nobody else wait.
   */
  #sizeFor(site: string): number {
    let atWork = 0;
    for (const recruiter of this.#recruiters) atWork += recruiter.membersAtWork;
    const away = this.#away.count(this.#deps.clock.elapsedMs(), site);
    return this.#waiting.count(site) + atWork + away;
  }

  /**
   * Chooses when a client that is sent away should come back. The client counts as away until then,
   * and only once, however often it asks.
   * @param atLeastMs - Milliseconds before which the client should not come back.
   * @returns Milliseconds from now.
   */
  sendAway(participant: Participant, atLeastMs = 0): number {
    const afterMs = this.#drawReturn(participant.site, atLeastMs);
    this.#away.add(this.#asAway(participant), afterMs, this.#deps.clock.elapsedMs());
    return afterMs;
  }

  #drawReturn(site: string, atLeastMs = 0): number {
    const { clock, random } = this.#deps;
    const needs = combineNeeds(Array.from(this.#recruiters, (recruiter) => recruiter.needs)) ?? {
      needed: Number.POSITIVE_INFINITY,
      roundMs: 0,
      opensInMs: nextWindowMs(clock.now(), NO_ROUND_WINDOW_MS, this.#phaseMs),
    };
    const opensInMs = Math.max(needs.opensInMs, atLeastMs);
    return returnAfterMs({ ...needs, opensInMs }, this.#sizeFor(site) + 1, drawUniform(random));
  }

  #asAway(participant: Participant): AwayClient {
    const device = this.#devices.get(participant);
    return { connection: participant, site: participant.site, device };
  }

  /** The largest number of clients that may wait. It is at least what the next rounds take. */
  #capacity(): number {
    let needed = 0;
    for (const recruiter of this.#recruiters) needed += recruiter.needs.needed;
    return Math.max(this.#deps.limits.maxWaitingClients, needed);
  }
}

/** Whether a task is paused for so long that clients should not wait for it. */
const isPausedForLong = ({ isPaused, needs }: Recruiter): boolean =>
  isPaused && needs.opensInMs > WAITABLE_PAUSE_MS;

/** The error for a client that comes before its time. */
function tooEarly(reason: string, retryAfterMs: number): TributaryError {
  return new TributaryError("NO_OPEN_ROUND", reason, {
    remedy: "Wait as long as each answer says.",
    retryAfterMs,
  });
}

/** The error for a client when enough others wait. */
function enoughWait(retryAfterMs: number): TributaryError {
  return new TributaryError("NO_OPEN_ROUND", "Enough clients wait for the next round", {
    remedy: "Come back later.",
    retryAfterMs,
  });
}

/** The error for a client whose tasks are all paused for long. */
function noRoundYet(retryAfterMs: number): TributaryError {
  return new TributaryError("NO_OPEN_ROUND", "No round begins for a while", {
    remedy: "Come back later.",
    retryAfterMs,
  });
}

/** The error for a client of a population for which no task is running. */
export function noOpenRound(population: string, retryAfterMs: number): TributaryError {
  return new TributaryError("NO_OPEN_ROUND", `No task is running for population "${population}"`, {
    remedy: "Come back later.",
    retryAfterMs,
  });
}
