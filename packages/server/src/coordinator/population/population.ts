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
  type PaceNeeds,
} from "@tributary/core";
import type { CheckInOffer, Participant } from "./participant.ts";

/** A client that has checked in and waits to be selected. */
export interface WaitingClient {
  readonly participant: Participant;
  readonly offer: CheckInOffer;
}

/** A task that gathers cohorts from a population. */
export interface Recruiter {
  /** When two tasks could use a client, the one with the higher priority gets it. */
  readonly priority: number;
  /** Why this client cannot take part in the task; `undefined` when it can. */
  refusal(offer: CheckInOffer): TributaryError | undefined;
  /** What the task asks of the population now. */
  readonly needs: PaceNeeds;
  /**
   * Whether the task makes no attempts for a while, because its time has not come or because
   * something failed that is not the clients' doing.
   */
  readonly isPaused: boolean;
  /** Whether it gathers a cohort now, within the time that it has for that, and could use a client. */
  gathers(offer: CheckInOffer): boolean;
  /** Number of members of its round that have not been sent away. */
  readonly membersAtWork: number;
  /** A client waits. It may be one that the task cannot use. */
  clientWaits(client: WaitingClient): void;
  /** A client that may have been offered to the task waits no longer. */
  clientLeft(session: SessionId): void;
}

export interface PopulationDeps {
  readonly random: RandomSource;
  readonly clock: Clock;
  readonly limits: Limits;
}

/**
 * How often clients ask while there is nothing to do. It is seldom enough to cost nothing, and often
 * enough for clients to join soon after a task has been started.
 */
export const NO_ROUND_WINDOW_MS = 5_000;
/** Clients wait through a pause of up to this length. They are sent away for a longer one. */
const WAITABLE_PAUSE_MS = 5_000;

/** The clients of one population that wait to be selected, and the tasks that recruit among them. */
export class Population {
  readonly name: PopulationName;
  readonly #deps: PopulationDeps;
  readonly #waiting: Map<SessionId, WaitingClient> = new Map();
  /** Sessions of the devices that wait, as far as clients have proved which device they are. */
  readonly #devices: Map<string, SessionId> = new Map();
  readonly #recruiters: Set<Recruiter> = new Set();

  readonly #away: ClientsAway;
  /** Keeps the population's windows apart from those of other populations. */
  readonly #phaseMs: number;

  constructor(name: PopulationName, deps: PopulationDeps) {
    this.name = name;
    this.#deps = deps;
    this.#away = new ClientsAway(deps.clock.now());
    this.#phaseMs = Math.floor(drawUniform(deps.random) * NO_ROUND_WINDOW_MS);
  }

  get waitingCount(): number {
    return this.#waiting.size;
  }

  /**
   * Takes a client into the pool. The client may have been selected before this returns.
   * @throws TributaryError `NO_OPEN_ROUND` or `NOT_ELIGIBLE`, with the time to come back.
   */
  checkIn(client: WaitingClient): void {
    if (this.#recruiters.size === 0)
      throw noOpenRound(this.name, this.sendAway(client.participant));
    let refusal: TributaryError | undefined;
    const takers = [...this.#recruiters].filter((recruiter) => {
      const reason = recruiter.refusal(client.offer);
      refusal ??= reason;
      return reason === undefined;
    });
    if (takers.length === 0 && refusal !== undefined) {
      // The client is not counted as away, since no round can have it. The random factor keeps
      // clients that are refused together from coming back together.
      const { retryAfterMs = NO_ROUND_WINDOW_MS, context } = refusal;
      throw new TributaryError(refusal.code, refusal.message, {
        retryAfterMs: Math.floor(retryAfterMs * (1 + drawUniform(this.#deps.random))),
        context,
        cause: refusal,
      });
    }
    if (takers.every(isPausedForLong)) {
      throw noRoundYet(this.sendAway(client.participant));
    }
    const { sessionId } = client.participant;
    const { deviceId } = client.offer;
    if (deviceId !== undefined) this.#giveWay(deviceId, sessionId);
    if (!this.#waiting.has(sessionId) && this.#waiting.size >= this.#capacity()) {
      throw new TributaryError("NO_OPEN_ROUND", "Enough clients wait for the next round", {
        remedy: "Come back later.",
        retryAfterMs: this.sendAway(client.participant),
      });
    }
    this.#waiting.set(sessionId, client);
    if (deviceId !== undefined) this.#devices.set(deviceId, sessionId);
    this.#offer(client, takers);
  }

  /** Clients that were kept for one task are kept for it no longer: other tasks may have them. */
  reconsider(keeper?: Recruiter): void {
    const others = [...this.#recruiters].filter((recruiter) => recruiter !== keeper);
    if (others.length === 0) return;
    for (const client of [...this.#waiting.values()]) this.#offer(client, others);
  }

  #offer(client: WaitingClient, takers: readonly Recruiter[]): void {
    for (const recruiter of takers) {
      // A task before this one may have selected the client.
      if (!this.#waiting.has(client.participant.sessionId)) return;
      if (!this.#isKeptFrom(recruiter, client)) recruiter.clientWaits(client);
    }
  }

  /** Whether a task of higher priority needs the client. */
  #isKeptFrom(recruiter: Recruiter, { offer }: WaitingClient): boolean {
    for (const other of this.#recruiters) {
      if (other.priority > recruiter.priority && other.gathers(offer)) return true;
    }
    return false;
  }

  /** The client has gone, and waits no longer. */
  leave(session: SessionId): void {
    if (this.#takeOut(session) === undefined) return;
    for (const recruiter of this.#recruiters) recruiter.clientLeft(session);
  }

  #takeOut(session: SessionId): WaitingClient | undefined {
    const client = this.#waiting.get(session);
    if (client === undefined) return undefined;
    this.#waiting.delete(session);
    const { deviceId } = client.offer;
    if (deviceId !== undefined) this.#devices.delete(deviceId);
    return client;
  }

  /**
   * A device waits once, over its newest connection. An older connection may be dead without anybody
   * knowing it yet.
   */
  #giveWay(deviceId: string, session: SessionId): void {
    const older = this.#devices.get(deviceId);
    if (older === undefined || older === session) return;
    const client = this.#waiting.get(older);
    this.leave(older);
    client?.participant.reject(
      "NOT_ELIGIBLE",
      "The client's device has checked in over another connection",
      this.sendAway(client.participant),
    );
  }

  /** Takes a client out of the pool for `recruiter`'s round. */
  claim(session: SessionId, by: Recruiter): WaitingClient | undefined {
    const client = this.#takeOut(session);
    if (client === undefined) return undefined;
    for (const recruiter of this.#recruiters) {
      if (recruiter !== by) recruiter.clientLeft(session);
    }
    return client;
  }

  /** Clients that wait and that the task can use, in random order, so that being early earns nothing. */
  candidates(recruiter: Recruiter): readonly WaitingClient[] {
    const eligible = [...this.#waiting.values()].filter(
      (client) =>
        recruiter.refusal(client.offer) === undefined && !this.#isKeptFrom(recruiter, client),
    );
    return Array.from(
      shuffledIndices(eligible.length, this.#deps.random),
      (index) => eligible[index]!,
    );
  }

  addRecruiter(recruiter: Recruiter): void {
    this.#recruiters.add(recruiter);
  }

  /** The task recruits no longer. */
  removeRecruiter(recruiter: Recruiter): void {
    this.#recruiters.delete(recruiter);
    this.dismissUnwanted();
    this.reconsider();
  }

  /** Sends away the clients that have nothing left to wait for. */
  dismissUnwanted(): void {
    const recruiters = [...this.#recruiters].filter((recruiter) => !isPausedForLong(recruiter));
    for (const [session, { participant, offer }] of this.#waiting) {
      if (recruiters.some((recruiter) => recruiter.refusal(offer) === undefined)) continue;
      this.leave(session);
      const retryAfterMs = this.sendAway(participant);
      const { code, message } =
        this.#recruiters.size === 0
          ? noOpenRound(this.name, retryAfterMs)
          : noRoundYet(retryAfterMs);
      participant.reject(code, message, retryAfterMs);
    }
  }

  /**
   * An estimate of how many clients there are: those that wait, those that are at work, and those
   * that have been told when to come back.
   */
  get size(): number {
    let atWork = 0;
    for (const recruiter of this.#recruiters) atWork += recruiter.membersAtWork;
    return this.#waiting.size + atWork + this.#away.count(this.#deps.clock.now());
  }

  /**
   * When a client that is sent away now should come back. The client is counted as away until then,
   * once, however often it asks.
   * @param atLeastMs - The client should not come back before this.
   */
  sendAway(participant: Participant, atLeastMs = 0): number {
    const { clock, random } = this.#deps;
    const needs = combineNeeds(Array.from(this.#recruiters, (recruiter) => recruiter.needs)) ?? {
      needed: Number.POSITIVE_INFINITY,
      roundMs: 0,
      opensInMs: nextWindowMs(clock.now(), NO_ROUND_WINDOW_MS, this.#phaseMs),
    };
    const opensInMs = Math.max(needs.opensInMs, atLeastMs);
    const afterMs = returnAfterMs({ ...needs, opensInMs }, this.size + 1, drawUniform(random));
    this.#away.add(participant, afterMs, clock.now());
    return afterMs;
  }

  /** How many clients may wait: the limit, but never fewer than the next rounds take. */
  #capacity(): number {
    let needed = 0;
    for (const recruiter of this.#recruiters) needed += recruiter.needs.needed;
    return Math.max(this.#deps.limits.maxWaitingClients, needed);
  }
}

const isPausedForLong = ({ isPaused, needs }: Recruiter): boolean =>
  isPaused && needs.opensInMs > WAITABLE_PAUSE_MS;

function noRoundYet(retryAfterMs: number): TributaryError {
  return new TributaryError("NO_OPEN_ROUND", "No round begins for a while", {
    remedy: "Come back later.",
    retryAfterMs,
  });
}

export function noOpenRound(population: string, retryAfterMs: number): TributaryError {
  return new TributaryError("NO_OPEN_ROUND", `No task is running for population "${population}"`, {
    remedy: "Come back later.",
    retryAfterMs,
  });
}
