import {
  TributaryError,
  evaluationRoundOf,
  opaqueId,
  roundOf,
  type CryptoProvider,
  type Limits,
  type RandomSource,
  type RoundId,
  type RoundPurpose,
  type ServerSecrets,
  type SessionId,
} from "@tributary/protocol";
import {
  type OpenAdder,
  nextRound,
  type NextRound,
  type PaceNeeds,
  cohortSize,
  type CancelReason,
  type RoundEffect,
  type RoundEvent,
  type RoundPolicy,
  type RoundState,
  closesAtMs,
  type BestMeasurement,
  type TaskEndReason,
  type TaskHistory,
} from "@tributary/core";
import {
  hasLimits,
  type Moment,
  type ParticipationLimits,
} from "../enrolment/participation-limits.ts";
import type { CheckpointStore } from "../storage/checkpoint-store.ts";
import type { RoundRecord, RoundStore, TaskRecord } from "../storage/round-store.ts";
import type { Logger } from "../telemetry/logger.ts";
import { AbandonedRounds } from "./abandoned-rounds.ts";
import type { Clock } from "../runtime/clock.ts";
import { commitEvaluation, commitRollback, commitTraining } from "./commit-round.ts";
import type { CoordinatorListener } from "./coordinator-event.ts";
import { eventLoopTurn } from "../runtime/event-loop-turn.ts";
import { NextAttempt } from "./next-attempt.ts";
import type { CheckInOffer } from "./participant.ts";
import type { Population, Recruiter, WaitingClient } from "./population.ts";
import type { ReportSlots } from "./report-slots.ts";
import { RoundMachine } from "./round-machine.ts";
import { recordOf } from "./round-records.ts";
import { RoundTimes } from "./round-times.ts";
import { RunningRound } from "./running-round.ts";
import type { SealedModel } from "./model/sealed-model.ts";
import { seatCohort } from "./seat-cohort.ts";
import type { ModelVersion } from "./model/model-version.ts";
import { versionOfRound, newestVersion } from "./model/read-version.ts";
import { ModelSealer } from "./model/model-sealer.ts";
import { readTaskState, type TaskState } from "./task-state.ts";
import { ineligibility } from "./task-eligibility.ts";

export interface TaskRunnerDeps {
  readonly store: RoundStore;
  readonly checkpoints: CheckpointStore;
  readonly crypto: CryptoProvider;
  readonly random: RandomSource;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: Limits;
  readonly secrets: ServerSecrets;
  readonly slots: ReportSlots;
  /** Add up what is reported; in this thread if left out. */
  readonly openAdder?: OpenAdder;
  readonly listener: CoordinatorListener;
}

/** How a task stops: its round in flight goes on to its end unless there is a reason to give it up. */
export interface StopOptions {
  readonly abandon?: CancelReason;
}

/** When the members of an abandoned round may check in again. */
const ABANDONED_RETRY_MS = 1_000;

/** Checkpoints that wait to be evaluated because an operator asked; each is in memory. */
const MAX_REQUESTED_EVALUATIONS = 4;

/** Drives one task's rounds, one after the other: performs what the round's state machine asks for. */
export class TaskRunner implements Recruiter {
  readonly task: TaskRecord;
  readonly priority: number;
  readonly #deps: TaskRunnerDeps;
  readonly #population: Population;
  readonly #model: ModelSealer;
  readonly #policies: Readonly<Record<RoundPurpose, RoundPolicy>>;
  #base: ModelVersion;
  #limits: ParticipationLimits;
  #history: TaskHistory;
  #requested: ModelVersion[] = [];
  /** The round in flight, and where it is at. */
  #machine: RoundMachine | undefined;
  #round: RunningRound | undefined;
  #recruiting = false;
  readonly #attempt: NextAttempt;
  readonly #times: RoundTimes;
  readonly #abandoned: AbandonedRounds;
  /** Resolves when the round in flight has ended; new rounds wait on nothing else. */
  #settled: Promise<void> = Promise.resolve();

  private constructor(
    task: TaskRecord,
    population: Population,
    model: ModelSealer,
    { base, limits, history }: TaskState,
    deps: TaskRunnerDeps,
  ) {
    this.task = task;
    this.priority = task.definition.priority;
    this.#population = population;
    this.#model = model;
    this.#policies = {
      training: roundOf(task.definition),
      evaluation: { ...evaluationRoundOf(task.definition), isOptional: true },
    };
    this.#times = new RoundTimes(this.#policies.training.reportingTimeoutMs);
    this.#attempt = new NextAttempt(deps.clock);
    this.#base = base;
    this.#limits = limits;
    this.#history = history;
    this.#deps = deps;
    this.#abandoned = new AbandonedRounds(deps.store, deps.logger);
  }

  /**
   * Loads the task's newest committed checkpoint, and what its rounds have come to.
   * @throws TributaryError `CHECKPOINT_UNKNOWN`, `CHECKPOINT_CORRUPT` or `STORAGE_UNAVAILABLE`.
   */
  static async load(
    task: TaskRecord,
    population: Population,
    deps: TaskRunnerDeps,
  ): Promise<TaskRunner> {
    const model = new ModelSealer(task.planBytes, deps);
    const state = await readTaskState(task, model, deps);
    return new TaskRunner(task, population, model, state, deps);
  }

  get roundNumber(): number {
    return this.#base.roundNumber;
  }

  /** The state of the round in flight, for whoever looks. */
  get phase(): RoundState["phase"] | "idle" {
    return this.#machine?.state.phase ?? "idle";
  }

  get isRecruiting(): boolean {
    return this.#recruiting;
  }

  /** The best checkpoint so far, by the task's own measure. */
  get best(): BestMeasurement | undefined {
    return this.#history.best;
  }

  /** Begins to recruit and to run rounds; a task that has come to its end is finished instead. */
  async start(): Promise<void> {
    if (this.#recruiting) return;
    this.#recruiting = true;
    this.#population.addRecruiter(this);
    if (this.#machine === undefined) await this.#goOn();
  }

  /** Starts no further round. Resolves when none is in flight. */
  async stop({ abandon }: StopOptions): Promise<void> {
    this.#recruiting = false;
    this.#population.removeRecruiter(this);
    this.#attempt.cancel();
    if (abandon === "server-stopping") {
      this.#afterAdding(() => this.#dispatch({ type: "stopping" }));
    } else if (abandon !== undefined || this.phase === "selecting") {
      this.#dispatch({ type: "cancelled", reason: abandon ?? "cancelled" });
    }
    await this.#settled;
  }

  /**
   * Lets clients evaluate a checkpoint as soon as the round in flight has ended.
   * @param roundNumber - The round that made it; 0 for the initial model.
   * @throws TributaryError `CHECKPOINT_UNKNOWN`; `TASK_STATE_CONFLICT` when too many wait.
   */
  async requestEvaluation(roundNumber: number): Promise<void> {
    const base = await versionOfRound(this.task, roundNumber, this.#model.terms, this.#deps);
    if (this.#requested.length >= MAX_REQUESTED_EVALUATIONS) {
      throw new TributaryError(
        "TASK_STATE_CONFLICT",
        `${MAX_REQUESTED_EVALUATIONS} evaluations of the task wait already`,
        { remedy: "Ask again when one has ended: `tributary round list` shows them." },
      );
    }
    this.#requested.push(base);
    this.#reconsider();
  }

  /** Takes note of a record that was stored for the task from outside of its rounds. */
  measured(record: RoundRecord): void {
    this.#history.add(record);
    this.#reconsider();
  }

  /**
   * Makes an older checkpoint the newest, as a round of its own. Only while the task is stopped.
   * @param roundNumber - The round that made it; 0 for the initial model.
   * @throws TributaryError `CHECKPOINT_UNKNOWN`, `STORAGE_UNAVAILABLE`, `TASK_STATE_CONFLICT`.
   */
  async rollBack(roundNumber: number): Promise<RoundRecord> {
    const { random, listener } = this.#deps;
    const target = await versionOfRound(this.task, roundNumber, this.#model.terms, this.#deps);
    // What this runner believes may be out of date: a failing store may have taken a round and lost its answer.
    const newest = await newestVersion(this.task, this.#model.terms, this.#deps, this.#base);
    const id = opaqueId("rnd", random.bytes(16)) as RoundId;
    const { record, base } = await commitRollback(id, this.task, { newest, target }, this.#deps);
    this.#base = base;
    this.#history.add(record);
    this.#requested = [];
    listener({ type: "round-ended", round: record });
    return record;
  }

  /** The plan and a checkpoint, the newest unless told otherwise, as clients get them. */
  sealedModel(base: ModelVersion = this.#base): SealedModel {
    return this.#model.seal(base);
  }

  refusal(offer: CheckInOffer): TributaryError | undefined {
    return (
      ineligibility(offer, this.task.definition, this.#model.terms.layout) ??
      this.#limits.refusal(offer.deviceId, this.#moment)
    );
  }

  gathers(offer: CheckInOffer): boolean {
    return this.#machine?.isGathering === true && this.#takes(offer);
  }

  /** Whether the round that gathers its cohort now could use a client. */
  #takes(offer: CheckInOffer): boolean {
    if (this.refusal(offer) !== undefined) return false;
    return this.#round?.facts.purpose === "training" || offer.heldOutCount > 0;
  }

  /** What decides whether a device's turn has come: the round that a client would be taken into now. */
  get #moment(): Moment {
    const roundNumber = this.#base.roundNumber + 1;
    return { roundNumber, nowMs: this.#deps.clock.now(), roundMs: this.#times.meanMs };
  }

  get needs(): PaceNeeds {
    return {
      needed: cohortSize(this.#round?.facts.policy ?? this.#policies.training),
      roundMs: this.#times.meanMs,
      opensInMs: Math.max(0, this.#opensAtMs() - this.#deps.clock.now()),
    };
  }

  get isPaused(): boolean {
    return this.#attempt.atMs !== undefined;
  }

  get membersAtWork(): number {
    return this.#round?.membersAtWork ?? 0;
  }

  /** When clients are gathered again, as far as one can tell; in the past when they are now. */
  #opensAtMs(): number {
    if (this.#attempt.atMs !== undefined) return this.#attempt.atMs;
    const isAtWork = this.phase === "configuring" || this.phase === "reporting";
    return isAtWork ? this.#times.expectedEndMs : 0;
  }

  clientWaits(client: WaitingClient): void {
    if (this.phase !== "selecting" || !this.#takes(client.offer)) return;
    const session = client.participant.sessionId;
    this.#dispatch({ type: "joined", session, nowMs: this.#deps.clock.now() });
  }

  clientLeft(session: SessionId): void {
    if (this.phase === "selecting") this.#dispatch({ type: "left", session });
  }

  #next(): NextRound {
    return nextRound(this.task.definition, this.#history, {
      nowMs: this.#deps.clock.now(),
      requested: this.#requested[0]?.roundNumber,
    });
  }

  /** Does what comes next when no round is in flight. */
  async #goOn(next: NextRound = this.#next()): Promise<void> {
    switch (next.type) {
      case "training":
        this.#open("training", this.#base);
        return;
      case "evaluation":
        this.#open("evaluation", this.#requested[0] ?? this.#base);
        return;
      case "wait":
        this.#attempt.schedule(() => void this.#goOn(), next.untilMs);
        this.#population.dismissUnwanted();
        this.#population.reconsider(this);
        return;
      case "finished":
        this.#recruiting = false;
        await this.#finish(next.reason);
    }
  }

  /** Something that was decided may be so no longer: a round that nobody has been taken into gives way. */
  #reconsider(): void {
    if (!this.#recruiting) return;
    const next = this.#next();
    if (this.phase === "selecting") {
      if (next.type !== this.#round?.facts.purpose) {
        this.#dispatch({ type: "cancelled", reason: "cancelled" });
      }
    } else if (this.#machine === undefined && !this.#attempt.hasFailed) {
      void this.#goOn(next);
    }
  }

  #open(purpose: RoundPurpose, base: ModelVersion): void {
    const { clock, random, listener } = this.#deps;
    const { plan, dimension, codec } = this.#model.terms;
    const policy = this.#policies[purpose];
    const round = new RunningRound(
      {
        id: opaqueId("rnd", random.bytes(16)) as RoundId,
        purpose,
        number: purpose === "training" ? base.roundNumber + 1 : base.roundNumber,
        base,
        policy,
        taskName: this.task.name,
        startedAtMs: clock.now(),
        codec,
        update: plan.update,
        aggregation: plan.aggregation,
        dimension,
        metricNames: [...new Set(["loss", ...plan.training.metrics])],
        sendAway: (participant, atLeastMs) => this.#population.sendAway(participant, atLeastMs),
      },
      this.#deps,
      (event) => this.#dispatch(event),
    );
    this.#round = round;
    this.#attempt.cancel();
    this.#settled = round.settled;
    listener({
      type: "round-opened",
      taskId: this.task.id,
      roundId: round.id,
      purpose,
      roundNumber: round.facts.number,
    });
    const closes = closesAtMs(this.task.definition.schedule, clock.now());
    this.#machine = new RoundMachine(
      policy,
      { clock, closesAtMs: closes },
      {
        effect: (effect) => this.#perform(effect),
        phaseEnded: (phase, durationMs) =>
          listener({ type: "phase-ended", roundId: round.id, phase, durationMs }),
        beforeDeadline: (decide) => this.#afterAdding(decide),
        // Those that were kept for this task are free again.
        gatheringEased: () => this.#population.reconsider(this),
      },
    );
    for (const client of this.#population.candidates(this)) {
      // The round may have started with this one, and even ended, if its configuration failed.
      if (this.phase !== "selecting") break;
      this.clientWaits(client);
    }
  }

  #dispatch(event: RoundEvent): void {
    this.#machine?.dispatch(event);
  }

  #perform(effect: RoundEffect): void {
    if (effect.type === "configure") this.#configure(effect.members);
    else if (effect.type === "commit") void this.#commit();
    else void this.#announce();
  }

  /** Whatever decides about the round waits for the reports that are being added: they came in time. */
  #afterAdding(decide: () => void): void {
    const round = this.#round;
    if (round === undefined || !round.isAdding) {
      decide();
      return;
    }
    void round.reportsAdded().then(() => {
      if (this.#round === round) decide();
    });
  }

  #configure(members: readonly SessionId[]): void {
    const round = this.#requireRound();
    this.#times.begin(this.#deps.clock.now());
    this.#deps.listener({
      type: "round-started",
      taskId: this.task.id,
      roundId: round.id,
      purpose: round.facts.purpose,
      roundNumber: round.facts.number,
      cohort: members.length,
    });
    let model: SealedModel;
    try {
      model = this.sealedModel(round.facts.base);
    } catch (error) {
      this.#deps.logger.error("round configuration failed", { error, round: round.id });
      this.#dispatch({ type: "failed" });
      return;
    }
    seatCohort(
      members,
      round,
      {
        population: this.#population,
        recruiter: this,
        limits: this.#limits,
        moment: this.#moment,
      },
      (session) => this.#dispatch({ type: "left", session }),
    );
    // Begun before anything can end the round, which waits for it.
    round.configure(model, eventLoopTurn);
    this.#dispatch({ type: "configured" });
  }

  async #commit(): Promise<void> {
    const round = this.#requireRound();
    round.closeReporting();
    try {
      await round.reportsAdded();
      if (round.facts.purpose === "training") {
        const { task } = this;
        const { record, base } = await commitTraining(
          task,
          this.#model,
          round,
          this.#limits,
          this.#deps,
        );
        round.record = record;
        this.#base = base;
        this.#times.end(this.#deps.clock.now());
        this.#limits.committed(record.number);
        this.#pruneParticipations();
        await this.#sealAhead();
      } else {
        round.record = await commitEvaluation(this.task, round, this.#deps);
      }
      this.#attempt.succeeded();
      this.#dispatch({ type: "committed" });
    } catch (error) {
      this.#deps.logger.error("round commit failed", { error, round: round.id });
      this.#dispatch({ type: "failed" });
    }
  }

  /** Seals the new model now: the moment at which a cohort is complete has enough to do. */
  async #sealAhead(): Promise<void> {
    await eventLoopTurn();
    try {
      this.sealedModel();
    } catch (error) {
      // The round is stored. The next one will meet the fault again, and fails of it.
      this.#deps.logger.warn("model not sealed ahead", { error, task: this.task.id });
    }
    await eventLoopTurn();
  }

  /** Rows of no more use cost nothing but space: nobody waits for them to go. */
  #pruneParticipations(): void {
    if (!hasLimits(this.task.definition.participation)) return;
    const { store, logger } = this.#deps;
    const { roundNumber, atMs } = this.#limits.prune(this.#moment);
    store
      .pruneParticipations(this.task.id, roundNumber, atMs)
      .catch((error: unknown) => logger.warn("participations not pruned", { error }));
  }

  /** Ends the round in flight: tells its members, writes down an abandoned one, goes on. */
  async #announce(): Promise<void> {
    const state = this.#machine?.state;
    const round = this.#requireRound();
    if (state === undefined || (state.phase !== "done" && state.phase !== "abandoned")) return;
    round.closeReporting();
    this.#machine = undefined;
    const reason = state.phase === "abandoned" ? state.reason : null;
    if (reason !== null) this.#limits.abandoned();
    const endedAtMs = this.#deps.clock.now();
    const record =
      round.record ?? recordOf(round, this.task.id, { checkpoint: null, reason, endedAtMs });
    // Of a round that nobody was taken into there is nothing to tell, but that nobody came when somebody was asked for.
    const isOnRecord = state.members.size > 0 || reason === "too-few-came";
    if (isOnRecord) this.#history.add(record);
    const { purpose, base } = round.facts;
    const failed = reason?.endsWith("-failed") === true;
    if (purpose === "evaluation" && !failed) {
      this.#requested = this.#requested.filter((requested) => requested !== base);
    }
    const next = this.#next();
    const finished = isOnRecord && next.type === "finished";
    if (finished) {
      this.#recruiting = false;
      await this.#finish(next.reason);
    }
    if (failed) this.#attempt.pause();
    const newest = purpose === "training" ? this.#base : base;
    await round.end(
      reason === null
        ? { committed: { id: newest.checkpointId, byteLength: newest.state.weights.byteLength } }
        : { abandoned: reason },
      { atLeastMs: reason === null ? 0 : ABANDONED_RETRY_MS, taskFinished: finished },
      eventLoopTurn,
    );
    if (this.#round === round) this.#round = undefined;
    if (isOnRecord && reason !== null) this.#abandoned.add(record);
    const isRecorded = await this.#abandoned.write();
    if (isOnRecord) this.#deps.listener({ type: "round-ended", round: record });
    round.settle();
    // While the round was written down, the task may have been stopped, and started again with a round of its own.
    if (!this.#recruiting || this.#machine !== undefined) return;
    if (!isRecorded && !failed) this.#attempt.pause();
    if (failed || !isRecorded) this.#attempt.schedule(() => void this.#reopen());
    else await this.#goOn();
  }

  /** The next attempt after a failure. What holds is in the store: it may have taken the round and lost only its answer. */
  async #reopen(): Promise<void> {
    let state: TaskState;
    try {
      // First what is still to be written: a store that reads and does not write is no store to go on with.
      if (!(await this.#abandoned.write())) throw new Error("A round waits to be stored");
      state = await readTaskState(this.task, this.#model, this.#deps, this.#base);
    } catch (error) {
      this.#deps.logger.error("task not read again", { error, task: this.task.id });
      if (this.#recruiting && this.#machine === undefined) {
        this.#attempt.pause();
        this.#attempt.schedule(() => void this.#reopen());
      }
      return;
    }
    if (!this.#recruiting || this.#machine !== undefined) return;
    this.#base = state.base;
    this.#limits = state.limits;
    this.#history = state.history;
    await this.#goOn();
  }

  async #finish(reason: TaskEndReason): Promise<void> {
    const { store, listener, logger } = this.#deps;
    this.#population.removeRecruiter(this);
    try {
      // A task that was paused during its last round has nothing left to be resumed for.
      if (await store.setTaskState(this.task.id, ["running", "paused"], "finished", reason)) {
        listener({ type: "task-state", taskId: this.task.id, state: "finished" });
      }
    } catch (error) {
      // The rounds are committed; the next start finds the task past its last round and finishes it.
      logger.error("task state not stored", { error, task: this.task.id });
    }
  }

  #requireRound(): RunningRound {
    if (this.#round === undefined) throw new TributaryError("INTERNAL", "No round is in flight");
    return this.#round;
  }
}
