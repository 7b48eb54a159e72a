import {
  TributaryError,
  asTributaryError,
  checkpointIdOf,
  decodePlan,
  encodeCheckpoint,
  layoutOf,
  opaqueId,
  planIdOf,
  roundOf,
  rangesSize,
  signPlan,
  trainableRanges,
  updateCodec,
  type CheckpointId,
  type CryptoProvider,
  type Limits,
  type ParameterLayout,
  type Plan,
  type RandomSource,
  type RoundId,
  type ServerSecrets,
  type SessionId,
  type UpdateCodec,
  type ValueRange,
} from "@tributary/protocol";
import { fedAvgStep } from "../aggregation/fedavg.ts";
import type { OpenAdder } from "../aggregation/update-adder.ts";
import type { PaceNeeds } from "../rounds/pace.ts";
import {
  cohortSize,
  deadlineOf,
  openRound,
  step,
  type RoundEvent,
  type RoundPolicy,
  type RoundState,
} from "../rounds/round.ts";
import {
  secondSeat,
  type Moment,
  type ParticipationLimits,
} from "../enrolment/participation-limits.ts";
import type { ParticipationStore } from "../storage/access-store.ts";
import type { CheckpointStore } from "../storage/checkpoint-store.ts";
import type { RoundRecord, RoundStore, TaskRecord } from "../storage/round-store.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Clock } from "./clock.ts";
import type { CoordinatorListener } from "./coordinator-event.ts";
import { eventLoopTurn } from "./event-loop-turn.ts";
import type { CheckInOffer } from "./participant.ts";
import type { Population, Recruiter, WaitingClient } from "./population.ts";
import type { ReportSlots } from "./report-slots.ts";
import { RunningRound } from "./running-round.ts";
import { sealModel, type SealedModel } from "./sealed-model.ts";
import { loadLimits } from "./load-limits.ts";
import { newestBase, type TaskBase } from "./task-base.ts";

export interface TaskRunnerDeps {
  readonly store: RoundStore;
  readonly checkpoints: CheckpointStore;
  readonly participations: ParticipationStore;
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
  readonly abandon?: "cancelled" | "server-stopping";
}

/** After a failure that is not the clients' doing, wait before the next attempt: twice as long after each further one. */
const FAILURE_PAUSE_MS = 1_000;
/** Even after hours without the store a task goes on within this time of its return. */
const MAX_FAILURE_PAUSE_MS = 60_000;
/** Weight of the newest round in the mean of how long rounds take. */
const NEWEST_ROUND_WEIGHT = 0.3;
/** When the members of an abandoned round may check in again. */
const ABANDONED_RETRY_MS = 1_000;

/** Drives one task's rounds, one after the other: performs what the round's state machine asks for. */
export class TaskRunner implements Recruiter {
  readonly task: TaskRecord;
  readonly #deps: TaskRunnerDeps;
  readonly #population: Population;
  readonly #plan: Plan;
  readonly #layout: ParameterLayout;
  readonly #ranges: readonly ValueRange[];
  readonly #codec: UpdateCodec;
  readonly #policy: RoundPolicy;
  #base: TaskBase;
  #limits: ParticipationLimits;
  #sealed: SealedModel | undefined;
  #state: RoundState | undefined;
  /** When the round in flight came to its phase. */
  #phaseSinceMs = 0;
  #round: RunningRound | undefined;
  #recruiting = false;
  /** Failures since the last round that was committed. */
  #failures = 0;
  /** When the next attempt after a failure begins. */
  #resumesAtMs: number | undefined;
  /** Abandoned rounds that the store has not taken yet. */
  #unrecorded: RoundRecord[] = [];
  /** Mean time from a cohort's configuration to its commit; until one has been measured, the longest it may be. */
  #roundMs: number;
  #hasMeasured = false;
  #cohortSinceMs = 0;
  #cancelTimer: (() => void) | undefined;
  /** Resolves when the round in flight has ended; new rounds wait on nothing else. */
  #settled: Promise<void> = Promise.resolve();

  private constructor(
    task: TaskRecord,
    population: Population,
    plan: Plan,
    layout: ParameterLayout,
    base: TaskBase,
    limits: ParticipationLimits,
    deps: TaskRunnerDeps,
  ) {
    this.task = task;
    this.#population = population;
    this.#plan = plan;
    this.#layout = layout;
    this.#ranges = trainableRanges(layout, plan.training.trainable);
    this.#codec = updateCodec(plan.update);
    this.#policy = roundOf(task.definition);
    this.#roundMs = this.#policy.reportingTimeoutMs;
    this.#base = base;
    this.#limits = limits;
    this.#deps = deps;
  }

  /**
   * Loads the task's newest committed checkpoint.
   * @throws TributaryError `CHECKPOINT_UNKNOWN`, `CHECKPOINT_CORRUPT` or `STORAGE_UNAVAILABLE`.
   */
  static async load(
    task: TaskRecord,
    population: Population,
    deps: TaskRunnerDeps,
  ): Promise<TaskRunner> {
    const plan = decodePlan(task.planBytes);
    const layout = layoutOf(plan.model.parameters);
    const base = await newestBase(task, layout, deps);
    const limits = await loadLimits(task, base.roundNumber, deps);
    return new TaskRunner(task, population, plan, layout, base, limits, deps);
  }

  get roundNumber(): number {
    return this.#base.roundNumber;
  }

  /** The state of the round in flight, for whoever looks. */
  get phase(): RoundState["phase"] | "idle" {
    return this.#state?.phase ?? "idle";
  }

  get isRecruiting(): boolean {
    return this.#recruiting;
  }

  /** Begins to recruit and to run rounds; a task that has run them all is finished instead. */
  async start(): Promise<void> {
    if (this.#recruiting) return;
    if (this.#hasRunAll()) {
      await this.#finish();
      return;
    }
    this.#recruiting = true;
    this.#population.addRecruiter(this);
    if (this.#state === undefined) this.#open();
  }

  /** Starts no further round. Resolves when none is in flight. */
  async stop({ abandon }: StopOptions): Promise<void> {
    this.#recruiting = false;
    this.#population.removeRecruiter(this);
    if (this.#state === undefined) this.#cancelTimer?.();
    this.#resumesAtMs = undefined;
    if (abandon === "server-stopping") this.#dispatchAfterAdding(() => ({ type: "stopping" }));
    else if (abandon !== undefined || this.phase === "selecting") {
      this.#dispatch({ type: "cancelled" });
    }
    await this.#settled;
  }

  /** Plan and newest checkpoint as clients get them. */
  sealedModel(): SealedModel {
    if (this.#sealed === undefined) {
      const { crypto, random, secrets } = this.#deps;
      const bytes = this.task.planBytes;
      this.#sealed = sealModel({
        crypto,
        random,
        plan: {
          id: planIdOf(crypto, bytes),
          bytes,
          signature: signPlan(crypto, secrets.signingSeed, bytes),
        },
        checkpoint: { id: this.#base.checkpointId, bytes: encodeCheckpoint(this.#base.weights) },
      });
    }
    return this.#sealed;
  }

  refusal(offer: CheckInOffer): TributaryError | undefined {
    const refuse = (reason: string, remedy: string): TributaryError =>
      new TributaryError(
        "NOT_ELIGIBLE",
        `The client cannot take part in "${this.task.name}": ${reason}`,
        {
          remedy,
          retryAfterMs: this.#policy.reportingTimeoutMs,
        },
      );
    const { codec } = this.#plan.update;
    const minimumExamples = this.task.definition.eligibility.minimumExamples;
    if (!offer.codecs.includes(codec)) {
      return refuse(
        `it does not offer the update codec "${codec}"`,
        "Allow the codec or update the SDK.",
      );
    }
    if (offer.maxParameters < this.#layout.size) {
      return refuse(
        `the model has ${this.#layout.size} parameters and the client takes ${offer.maxParameters}`,
        "Raise the client's limit on parameters.",
      );
    }
    if (offer.exampleCount < minimumExamples) {
      return refuse(
        `it has ${offer.exampleCount} examples and the task asks for ${minimumExamples}`,
        "Come back with more examples.",
      );
    }
    return this.#limits.refusal(offer.deviceId, this.#moment);
  }

  /** What decides whether a device's turn has come: the round that a client would be taken into now. */
  get #moment(): Moment {
    const roundNumber = this.#base.roundNumber + 1;
    return { roundNumber, nowMs: this.#deps.clock.now(), roundMs: this.#roundMs };
  }

  get needs(): PaceNeeds {
    return {
      needed: cohortSize(this.#policy),
      roundMs: this.#roundMs,
      opensInMs: Math.max(0, this.#opensAtMs() - this.#deps.clock.now()),
    };
  }

  get isPaused(): boolean {
    return this.#resumesAtMs !== undefined;
  }

  get membersAtWork(): number {
    return this.#round?.membersAtWork ?? 0;
  }

  /** When clients are gathered again, as far as one can tell; in the past when they are now. */
  #opensAtMs(): number {
    if (this.#resumesAtMs !== undefined) return this.#resumesAtMs;
    if (this.phase !== "configuring" && this.phase !== "reporting") return 0;
    return this.#cohortSinceMs + Math.min(this.#roundMs, this.#policy.reportingTimeoutMs);
  }

  clientWaits(client: WaitingClient): void {
    const session = client.participant.sessionId;
    this.#dispatch({ type: "joined", session, nowMs: this.#deps.clock.now() });
  }

  clientLeft(session: SessionId): void {
    if (this.#state?.phase === "selecting") this.#dispatch({ type: "left", session });
  }

  #open(): void {
    const { clock, random, listener } = this.#deps;
    const id = opaqueId("rnd", random.bytes(16)) as RoundId;
    const round = new RunningRound(
      {
        id,
        number: this.#base.roundNumber + 1,
        taskName: this.task.name,
        startedAtMs: clock.now(),
        codec: this.#codec,
        update: this.#plan.update,
        aggregation: this.#plan.aggregation,
        dimension: rangesSize(this.#ranges),
        metricNames: [...new Set(["loss", ...this.#plan.training.metrics])],
        goalCount: this.#policy.goalCount,
        reportingTimeoutMs: this.#policy.reportingTimeoutMs,
        sendAway: (participant, atLeastMs) => this.#population.sendAway(participant, atLeastMs),
      },
      this.#deps,
      (event) => this.#dispatch(event),
    );
    this.#round = round;
    this.#resumesAtMs = undefined;
    this.#phaseSinceMs = clock.now();
    this.#state = openRound(this.#policy, this.#phaseSinceMs);
    this.#settled = round.settled;
    listener({
      type: "round-opened",
      taskId: this.task.id,
      roundId: id,
      roundNumber: round.number,
    });
    this.#watchDeadline();
    for (const client of this.#population.candidates(this)) {
      // The round may have started with this one, and even ended, if its configuration failed.
      if (this.phase !== "selecting") break;
      this.clientWaits(client);
    }
  }

  #dispatch(event: RoundEvent): void {
    if (this.#state === undefined) return;
    const { phase } = this.#state;
    const { state, effects } = step(this.#policy, this.#state, event);
    this.#state = state;
    if (state.phase !== phase) this.#phaseEnded(phase);
    this.#watchDeadline();
    for (const effect of effects) {
      if (effect.type === "configure") this.#configure(effect.members);
      else if (effect.type === "commit") void this.#commit();
      else void this.#announce();
    }
  }

  /** Whatever decides about the round waits for the reports that are being added: they came in time. */
  #dispatchAfterAdding(event: () => RoundEvent): void {
    const round = this.#round;
    if (round === undefined || !round.isAdding) {
      this.#dispatch(event());
      return;
    }
    void round.reportsAdded().then(() => {
      if (this.#round === round) this.#dispatch(event());
    });
  }

  #phaseEnded(phase: RoundState["phase"]): void {
    const nowMs = this.#deps.clock.now();
    const durationMs = nowMs - this.#phaseSinceMs;
    this.#phaseSinceMs = nowMs;
    const roundId = this.#requireRound().id;
    this.#deps.listener({ type: "phase-ended", roundId, phase, durationMs });
  }

  #watchDeadline(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const deadlineMs = this.#state === undefined ? undefined : deadlineOf(this.#state);
    if (deadlineMs === undefined) return;
    const { clock } = this.#deps;
    this.#cancelTimer = clock.schedule(deadlineMs - clock.now(), () => {
      this.#dispatchAfterAdding(() => ({ type: "tick", nowMs: clock.now() }));
    });
  }

  #configure(members: readonly SessionId[]): void {
    const round = this.#requireRound();
    this.#cohortSinceMs = this.#deps.clock.now();
    this.#deps.listener({
      type: "round-started",
      taskId: this.task.id,
      roundId: round.id,
      roundNumber: round.number,
      cohort: members.length,
    });
    try {
      const model = this.sealedModel();
      for (const session of members) {
        const client = this.#population.claim(session, this);
        if (client === undefined) {
          this.#dispatch({ type: "left", session }); // gone while others were sent theirs
        } else if (this.#limits.seat(client.offer.deviceId, this.#moment)) {
          round.seat(client.participant, model);
        } else {
          // One device over two connections has one seat.
          this.#dispatch({ type: "left", session });
          const { code, message, retryAfterMs } = secondSeat(this.#roundMs);
          client.participant.reject(code, message, retryAfterMs ?? this.#roundMs);
        }
      }
    } catch (error) {
      this.#deps.logger.error("round configuration failed", { error, round: round.id });
      this.#dispatch({ type: "failed" });
      return;
    }
    this.#dispatch({ type: "configured" });
  }

  async #commit(): Promise<void> {
    const { crypto, store, participations, clock, logger } = this.#deps;
    const round = this.#requireRound();
    round.closeReporting();
    try {
      const { aggregate } = round;
      await round.reportsAdded();
      const weights = await fedAvgStep(
        this.#base.weights,
        this.#ranges,
        await aggregate.combine(eventLoopTurn),
        this.task.definition.serverOptimizer.learningRate,
        eventLoopTurn,
      );
      const bytes = encodeCheckpoint(weights);
      const checkpointId = checkpointIdOf(crypto, bytes);
      const endedAtMs = clock.now();
      const record = this.#record(round, { checkpoint: checkpointId, reason: null, endedAtMs });
      const seated = this.#limits.records(round.number);
      await eventLoopTurn(); // a model takes milliseconds to hash, here and in the store
      // Before the round: records of a round that was not committed after all are known by their number.
      if (seated.length > 0) await participations.recordParticipations(this.task.id, seated);
      await store.recordRound(record, {
        record: {
          id: checkpointId,
          taskId: this.task.id,
          roundNumber: round.number,
          byteLength: bytes.length,
          createdAtMs: endedAtMs,
        },
        bytes,
      });
      this.#base = { roundNumber: round.number, checkpointId, weights };
      this.#limits.committed(round.number);
      if (seated.length > 0) this.#pruneParticipations();
      this.#sealed = undefined;
      round.record = record;
      this.#failures = 0;
      this.#measure(clock.now() - this.#cohortSinceMs);
      await this.#sealAhead();
      this.#dispatch({ type: "committed" });
    } catch (error) {
      logger.error("round commit failed", { error, round: round.id });
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
    const { participations, logger } = this.#deps;
    const { roundNumber, atMs } = this.#limits.prune(this.#moment);
    participations
      .pruneParticipations(this.task.id, roundNumber, atMs)
      .catch((error: unknown) => logger.warn("participations not pruned", { error }));
  }

  /** Ends the round in flight: tells its members, writes down an abandoned one, opens the next. */
  async #announce(): Promise<void> {
    const state = this.#state;
    const round = this.#requireRound();
    if (state === undefined || (state.phase !== "done" && state.phase !== "abandoned")) return;
    round.closeReporting();
    this.#state = undefined;
    if (state.phase === "abandoned") this.#limits.abandoned();
    const finished = state.phase === "done" && this.#isFinished(round);
    const hadCohort = state.members.size > 0;
    const record =
      round.record ??
      this.#record(round, {
        checkpoint: null,
        reason: state.phase === "abandoned" ? state.reason : null,
        endedAtMs: this.#deps.clock.now(),
      });
    if (finished) {
      this.#recruiting = false;
      await this.#finish();
    }
    const failed = state.phase === "abandoned" && state.reason.endsWith("-failed");
    if (failed) this.#pause();
    await round.end(
      state.phase === "done"
        ? { committed: { id: this.#base.checkpointId, byteLength: this.#base.weights.byteLength } }
        : { abandoned: state.reason },
      { atLeastMs: state.phase === "done" ? 0 : ABANDONED_RETRY_MS, taskFinished: finished },
      eventLoopTurn,
    );
    if (this.#round === round) this.#round = undefined;
    if (hadCohort && state.phase === "abandoned") this.#unrecorded.push(record);
    const isRecorded = this.#unrecorded.length === 0 || (await this.#recordAbandoned());
    if (hadCohort) this.#deps.listener({ type: "round-ended", round: record });
    round.settle();
    // While the round was written down, the task may have been stopped, and started again with a round of its own.
    if (!this.#recruiting || this.#state !== undefined) return;
    if (!isRecorded && !failed) this.#pause();
    if (failed || !isRecorded) this.#openLater();
    else this.#open();
  }

  /** No attempt for a while: longer after each failure, so that a store which is coming up is left in peace. */
  #pause(): void {
    const pauseMs = Math.min(MAX_FAILURE_PAUSE_MS, FAILURE_PAUSE_MS * 2 ** this.#failures);
    this.#failures += 1;
    this.#resumesAtMs = this.#deps.clock.now() + pauseMs;
  }

  #openLater(): void {
    const { clock } = this.#deps;
    this.#resumesAtMs ??= clock.now(); // stopped and started meanwhile
    this.#cancelTimer = clock.schedule(this.#resumesAtMs - clock.now(), () => void this.#reopen());
  }

  #measure(roundMs: number): void {
    const weight = this.#hasMeasured ? NEWEST_ROUND_WEIGHT : 1;
    this.#roundMs += weight * (roundMs - this.#roundMs);
    this.#hasMeasured = true;
  }

  /** The next attempt after a failure. What holds is in the store: it may have taken the round and lost only its answer. */
  async #reopen(): Promise<void> {
    let base: TaskBase;
    let limits: ParticipationLimits;
    try {
      // First what is still to be written: a store that reads and does not write is no store to go on with.
      if (!(await this.#recordAbandoned())) throw new Error("A round waits to be stored");
      base = await newestBase(this.task, this.#layout, this.#deps, this.#base);
      limits = await loadLimits(this.task, base.roundNumber, this.#deps);
    } catch (error) {
      this.#deps.logger.error("task not read again", { error, task: this.task.id });
      if (this.#recruiting && this.#state === undefined) {
        this.#pause();
        this.#openLater();
      }
      return;
    }
    if (!this.#recruiting || this.#state !== undefined) return;
    this.#limits = limits;
    if (base !== this.#base) {
      this.#base = base;
      this.#sealed = undefined;
    }
    if (!this.#hasRunAll()) {
      this.#open();
      return;
    }
    this.#recruiting = false;
    await this.#finish();
  }

  /** True at a start when the process ended, or the store failed, before the task could be finished. */
  #hasRunAll(): boolean {
    const { rounds } = this.task.definition.stop;
    return rounds !== undefined && this.#base.roundNumber >= rounds;
  }

  #isFinished(round: RunningRound): boolean {
    const { targetMetric } = this.task.definition.stop;
    if (this.#hasRunAll()) return true;
    if (targetMetric === undefined) return false;
    const value = round.record?.metrics[targetMetric.name];
    return value !== undefined && value >= targetMetric.atLeast;
  }

  async #finish(): Promise<void> {
    const { store, listener, logger } = this.#deps;
    this.#population.removeRecruiter(this);
    try {
      // A task that was paused during its last round has nothing left to be resumed for.
      if (await store.setTaskState(this.task.id, ["running", "paused"], "finished")) {
        listener({ type: "task-state", taskId: this.task.id, state: "finished" });
      }
    } catch (error) {
      // The rounds are committed; the next start finds the task past its last round and finishes it.
      logger.error("task state not stored", { error, task: this.task.id });
    }
  }

  /** Writes down the abandoned rounds that are not yet; says whether the store has taken them all. */
  async #recordAbandoned(): Promise<boolean> {
    for (const record of this.#unrecorded) {
      try {
        await this.#deps.store.recordRound(record);
      } catch (thrown) {
        const error = asTributaryError(thrown);
        this.#deps.logger.warn("abandoned round not stored", { error, round: record.id });
        // Anything else will not be better next time: above all a round that was committed, its answer lost.
        if (error.code === "STORAGE_UNAVAILABLE") return false;
      }
      this.#unrecorded = this.#unrecorded.filter((other) => other !== record);
    }
    return true;
  }

  #record(
    round: RunningRound,
    end: { checkpoint: CheckpointId | null; reason: string | null; endedAtMs: number },
  ): RoundRecord {
    return {
      id: round.id,
      taskId: this.task.id,
      number: round.number,
      outcome: end.checkpoint === null ? "abandoned" : "committed",
      startedAtMs: round.startedAtMs,
      endedAtMs: end.endedAtMs,
      baseCheckpoint: this.#base.checkpointId,
      checkpoint: end.checkpoint,
      reason: end.reason,
      exampleCount: round.aggregate.exampleCount,
      metrics: round.aggregate.metricMeans(),
      ...round.tally(),
    };
  }

  #requireRound(): RunningRound {
    if (this.#round === undefined) throw new TributaryError("INTERNAL", "No round is in flight");
    return this.#round;
  }
}
