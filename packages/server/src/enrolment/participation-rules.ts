import { TributaryError, type TaskDefinition } from "@tributary/protocol";
import type { ParticipationRecord } from "../storage/round-store.ts";

/** How often a device may take part in a task, as the task file says. */
type Rules = TaskDefinition["participation"];

/** The state of one task that decides whether a device may take part again. */
export interface Moment {
  /** The number of the round that a client would be selected for. */
  readonly roundNumber: number;
  readonly nowMs: number;
  /** The expected duration of a round. */
  readonly roundMs: number;
}

/**
 * Applies a task's participation rules, which say how often a device may take part. A device has
 * taken part in a round when it was in the cohort and the round was committed. An abandoned round
 * does not count, because no data of its members has reached the model.
 *
 * Invariants: no device has two seats in one round. The numbers of two committed rounds of a device
 * differ by at least `minimumSeparation`. No two committed rounds of a device began in one window.
 */
export class ParticipationRules {
  readonly #rules: Rules;
  /** The start of the first window, in milliseconds since the Unix epoch. */
  readonly #originMs: number;
  readonly #last: Map<string, Omit<ParticipationRecord, "deviceId">> = new Map();
  /** The devices of the round in flight. */
  readonly #seated: Set<string> = new Set();
  #seatedAtMs = 0;

  /**
   * @param originMs - When the task was created.
   * @param records - The newest participation of each device in a committed round.
   */
  constructor(rules: Rules, originMs: number, records: readonly ParticipationRecord[]) {
    this.#rules = rules;
    this.#originMs = originMs;
    for (const { deviceId, ...last } of records) {
      this.#last.set(deviceId, last);
    }
  }

  /** Returns why this device may not be in that round, or `undefined` when it may. */
  refusal(deviceId: string | undefined, moment: Moment): TributaryError | undefined {
    if (!hasParticipationRules(this.#rules)) return undefined;
    const { minimumSeparation, windowMs } = this.#rules;
    if (deviceId === undefined) {
      return new TributaryError(
        "ENROLMENT_REQUIRED",
        "The task limits how often a device takes part, and this client has not said which it is",
        {
          remedy: "Set the client's deviceKey.",
          retryAfterMs: moment.roundMs,
          context: { reason: "device" },
        },
      );
    }
    if (this.#seated.has(deviceId)) {
      return secondSeat(moment.roundMs);
    }
    const last = this.#last.get(deviceId);
    if (last === undefined) return undefined;
    const roundsLeft = last.roundNumber + minimumSeparation - moment.roundNumber;
    if (roundsLeft > 0) {
      return notYet(
        `the device's next turn is ${roundsLeft} rounds away`,
        roundsLeft * moment.roundMs,
      );
    }
    if (windowMs !== null && last.atMs >= this.#windowStart(moment.nowMs)) {
      const nextMs = this.#windowStart(moment.nowMs) + windowMs;
      return notYet("the device has had its turn in this window", nextMs - moment.nowMs);
    }
    return undefined;
  }

  /**
   * Gives a device a seat in the round that begins now.
   * @returns False when it has one already or must wait.
   */
  seat(deviceId: string | undefined, moment: Moment): boolean {
    if (!hasParticipationRules(this.#rules)) return true;
    if (deviceId === undefined || this.refusal(deviceId, moment) !== undefined) return false;
    this.#seatedAtMs = moment.nowMs;
    this.#seated.add(deviceId);
    return true;
  }

  /** The participations that are committed together with the round in flight. */
  records(roundNumber: number): readonly ParticipationRecord[] {
    return Array.from(this.#seated, (deviceId) => ({
      deviceId,
      roundNumber,
      atMs: this.#seatedAtMs,
    }));
  }

  /** Call when the round in flight has been committed: its devices have taken part. */
  committed(roundNumber: number): void {
    for (const { deviceId, ...last } of this.records(roundNumber)) this.#last.set(deviceId, last);
    this.#seated.clear();
  }

  /** Call when the round in flight has been abandoned: its devices have not taken part. */
  abandoned(): void {
    this.#seated.clear();
  }

  /**
   * Forgets the devices that may take part again.
   * @returns The bounds for `RoundStore.pruneParticipations`: records below both of them no longer
   * limit anyone.
   */
  prune(moment: Moment): Pick<ParticipationRecord, "roundNumber" | "atMs"> {
    const bound = {
      roundNumber: moment.roundNumber - this.#rules.minimumSeparation,
      atMs: this.#windowStart(moment.nowMs),
    };
    for (const [deviceId, { roundNumber, atMs }] of this.#last) {
      if (roundNumber <= bound.roundNumber && atMs < bound.atMs) this.#last.delete(deviceId);
    }
    return bound;
  }

  /** When the current window began. Without windows, a time after every participation. */
  #windowStart(nowMs: number): number {
    const { windowMs } = this.#rules;
    if (windowMs === null) return Number.MAX_SAFE_INTEGER;
    return this.#originMs + Math.floor((nowMs - this.#originMs) / windowMs) * windowMs;
  }
}

/** Whether a task has rules that limit how often a device takes part. */
export function hasParticipationRules({ minimumSeparation, windowMs }: Rules): boolean {
  return minimumSeparation > 1 || windowMs !== null;
}

/** The error for a client whose device already has a seat in the round in flight. */
export function secondSeat(roundMs: number): TributaryError {
  return notYet("its device is in the round in flight", roundMs);
}

function notYet(reason: string, waitMs: number): TributaryError {
  return new TributaryError("NOT_ELIGIBLE", `The client cannot take part now: ${reason}`, {
    remedy: "Come back when its turn has come.",
    context: { reason: "participation" },
    retryAfterMs: Math.min(Math.max(1, Math.ceil(waitMs)), LONGEST_WAIT_MS),
  });
}

/**
 * A day, in milliseconds. A task may change in the meantime, so that a client should ask again
 * after a day at the latest.
 */
const LONGEST_WAIT_MS = 86_400_000;
