import { cohortSize, type ModelTerms, type PaceNeeds, type RoundPolicy } from "@tributary/core";
import type { Clock, PlanFeature, PlanId, SessionId, TributaryError } from "@tributary/protocol";
import type { TaskRecord } from "../../storage/round-store.ts";
import { planRefusal } from "../model/plan-refusal.ts";
import type { CheckInOffer, WaitingClient } from "../population/participant.ts";
import type { Population, Recruiter } from "../population/population.ts";
import { UnusableClients, refusalReason } from "../population/unusable-clients.ts";
import type { UnusableCounts } from "../round/round-in-flight.ts";
import type { RunningRound } from "../round/running-round.ts";
import { pausedUntilMs, roundOfActivity, type TaskActivity } from "./task-activity.ts";
import { ineligibility } from "./task-eligibility.ts";
import type { TaskStanding } from "./task-standing.ts";

/** The task that a recruiter speaks for. */
export interface RecruitingTask {
  readonly task: TaskRecord;
  readonly terms: ModelTerms;
  readonly planId: PlanId;
  /** The features that a client must know to read the task's plan. */
  readonly planFeatures: readonly PlanFeature[];
  readonly standing: TaskStanding;
  /** The policy of the rounds that train. */
  readonly trainingPolicy: RoundPolicy;
  readonly clock: Clock;
  /** What the task is doing now. */
  readonly activity: () => TaskActivity;
  readonly population: Population;
}

/**
 * For how long a round gathers clients of other sites before it takes one whose site is in debt,
 * milliseconds. The members of the last round have time to come back.
 */
const OTHERS_FIRST_MS = 1_000;

/** A task as its population sees it: which clients it can use, and when. */
export class TaskRecruiter implements Recruiter {
  readonly priority: number;
  readonly #of: RecruitingTask;
  /** The last round from which clients were kept back at first. */
  #keptBackFrom: RunningRound | undefined;
  readonly #turnedAway = new UnusableClients();

  constructor(task: RecruitingTask) {
    this.priority = task.task.definition.priority;
    this.#of = task;
  }

  refusal(offer: CheckInOffer): TributaryError | undefined {
    const { task, terms, planId, planFeatures, standing, clock } = this.#of;
    return (
      planRefusal(offer.planFeatures ?? [], planFeatures) ??
      ineligibility(offer, { task: task.definition, planId, layout: terms.layout }) ??
      standing.participation.refusal(offer.deviceId, standing.moment(clock.now()))
    );
  }

  gathers(offer: CheckInOffer): boolean {
    const round = this.#selecting;
    return round?.isGathering === true && this.#canUse(offer, round);
  }

  clientWaits({ participant, offer }: WaitingClient): void {
    const round = this.#selecting;
    if (round === undefined || !this.#canUse(offer, round)) return;
    const leftMs = round.startedAtMs + OTHERS_FIRST_MS - round.nowMs;
    if (leftMs > 0 && this.#of.population.isInDebt(participant.site)) {
      this.#takeAnybody(round, leftMs);
    } else {
      round.join(participant.sessionId);
    }
  }

  /** Has a round take all waiting clients that it can use, once, after a while. */
  #takeAnybody(round: RunningRound, afterMs: number): void {
    if (this.#keptBackFrom === round) return;
    this.#keptBackFrom = round;
    this.#of.clock.schedule(afterMs, () => {
      for (const { participant, offer } of this.#of.population.candidates(this)) {
        if (this.#selecting !== round) return;
        if (this.#canUse(offer, round)) round.join(participant.sessionId);
      }
    });
  }

  clientTurnedAway(offer: CheckInOffer): void {
    this.#turnedAway.add(this.#reasonAgainst(offer) ?? "other");
  }

  /** Counts anew whom a round of the task cannot use. */
  roundOpened(): void {
    this.#turnedAway.clear();
  }

  /** Counts the clients that the round in flight cannot use. */
  unusable(waiting: Iterable<WaitingClient>): UnusableCounts {
    const clients = new UnusableClients();
    for (const { offer } of waiting) {
      const reason = this.#reasonAgainst(offer);
      if (reason !== undefined) clients.add(reason);
    }
    return { waiting: clients.toRecord(), turnedAway: this.#turnedAway.toRecord() };
  }

  #reasonAgainst(offer: CheckInOffer): string | undefined {
    const refusal = this.refusal(offer);
    if (refusal !== undefined) return refusalReason(refusal);
    return this.#round?.collection.isOpenTo(offer) === false ? "held-out-examples" : undefined;
  }

  clientLeft(session: SessionId): void {
    this.#selecting?.forget(session);
  }

  get needs(): PaceNeeds {
    const { trainingPolicy, standing, clock } = this.#of;
    return {
      needed: cohortSize(this.#round?.facts.policy ?? trainingPolicy),
      roundMs: standing.times.meanMs,
      opensInMs: Math.max(0, this.#opensAtMs() - clock.elapsedMs()),
    };
  }

  get isPaused(): boolean {
    return pausedUntilMs(this.#of.activity()) !== undefined;
  }

  get membersAtWork(): number {
    return this.#round?.membersAtWork ?? 0;
  }

  get #round(): RunningRound | undefined {
    return roundOfActivity(this.#of.activity());
  }

  /** The round that waits for clients, if there is one. */
  get #selecting(): RunningRound | undefined {
    const round = this.#round;
    return round?.phase === "selecting" ? round : undefined;
  }

  #canUse(offer: CheckInOffer, round: RunningRound): boolean {
    return round.collection.isOpenTo(offer) && this.refusal(offer) === undefined;
  }

  /**
   * When clients are gathered again by the monotonic clock, as far as one can tell; in the past when
   * they are now.
   */
  #opensAtMs(): number {
    const pausedMs = pausedUntilMs(this.#of.activity());
    if (pausedMs !== undefined) return pausedMs;
    const phase = this.#round?.phase;
    const isAtWork = phase === "configuring" || phase === "reporting";
    return isAtWork ? this.#of.standing.times.expectedEndMs : 0;
  }
}
