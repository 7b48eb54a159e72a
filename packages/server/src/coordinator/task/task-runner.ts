import {
  CommonRefusal,
  checkCohortFloor,
  type BestMeasurement,
  type CancelReason,
  type RoundState,
  type TaskEndReason,
} from "@tributary/core";
import type { Limits, PlanFeature, RoundPurpose, ServerSecrets } from "@tributary/protocol";
import { eventLoopTurn } from "../../runtime/event-loop-turn.ts";
import type { CheckpointStore } from "../../storage/checkpoint-store.ts";
import type { RoundRecord, RoundStore, TaskRecord, TaskState } from "../../storage/round-store.ts";
import { ModelSealer } from "../model/model-sealer.ts";
import type { SealedModel } from "../model/sealed-model.ts";
import type { Population } from "../population/population.ts";
import { commitRound, type Committed } from "../round/commit-round.ts";
import { isWorthRecording, recordOf } from "../round/round-records.ts";
import { roundInFlight, type RoundInFlight } from "../round/round-in-flight.ts";
import type { RunningRound, RunningRoundDeps } from "../round/running-round.ts";
import { AbandonedRounds } from "./abandoned-rounds.ts";
import { FailurePauses } from "./failure-pauses.ts";
import { openTaskRound } from "./open-task-round.ts";
import { roundOwner, type RoundOwner, type RoundOwnerDeps } from "./round-owner.ts";
import type { TaskProblems } from "./task-problems.ts";
import type { TaskActivity } from "./task-activity.ts";
import { TaskMoves } from "./task-moves.ts";
import { TaskStanding } from "./task-standing.ts";

export interface TaskRunnerDeps extends RunningRoundDeps, RoundOwnerDeps {
  readonly limits: Limits;
  readonly store: RoundStore;
  readonly checkpoints: CheckpointStore;
  readonly secrets: ServerSecrets;
  /** Takes note of why a task does not get on. */
  readonly problems: TaskProblems;
}

/** How a task is stopped. */
export interface StopOptions {
  /** Why the round in flight is given up. If left out, that round goes on to its end. */
  readonly abandon?: CancelReason;
}

/** How long a task waits before it looks at the date again, in milliseconds. */
const LONGEST_WAIT_MS = 60_000;

/** Runs the rounds of one task, one after the other. */
export class TaskRunner {
  readonly #owner: RoundOwner;
  readonly #deps: TaskRunnerDeps;
  readonly #moves: TaskMoves;
  readonly #refusal = new CommonRefusal();
  readonly #abandoned: AbandonedRounds;
  readonly #pauses = new FailurePauses();
  /** Whether rounds are wanted. The round in flight goes on when they are wanted no longer. */
  #isWanted = false;
  #activity: TaskActivity = { name: "stopped" };
  /**
   * Set after a failure: when to read again what the store holds, since the store may have taken
   * the last round and lost only its answer.
   */
  #retryAtMs: number | undefined;
  /** Resolves when the round in flight has ended and its record is stored, or waits to be. */
  #roundOver: Promise<void> = Promise.resolve();

  private constructor(
    task: TaskRecord,
    population: Population,
    sealer: ModelSealer,
    standing: TaskStanding,
    deps: TaskRunnerDeps,
    onMoved: (state: TaskState) => void,
  ) {
    const parts = { task, population, sealer, standing };
    this.#owner = roundOwner(parts, () => this.#activity, deps);
    this.#deps = deps;
    this.#moves = new TaskMoves(task.id, onMoved, deps);
    this.#abandoned = new AbandonedRounds(deps.store, deps.logger);
  }

  /**
   * Loads the newest committed version of a task's model, and what the task's rounds have come to.
   * @param onMoved - Called when it is stored that the task has another state because of its rounds.
   * @throws TributaryError `CHECKPOINT_UNKNOWN`, `CHECKPOINT_CORRUPT` or `STORAGE_UNAVAILABLE`.
   */
  static async load(
    task: TaskRecord,
    population: Population,
    deps: TaskRunnerDeps,
    onMoved: (state: TaskState) => void,
  ): Promise<TaskRunner> {
    const sealer = new ModelSealer(task.planBytes, deps);
    const standing = await TaskStanding.read(task, sealer.terms, deps);
    return new TaskRunner(task, population, sealer, standing, deps, onMoved);
  }

  get task(): TaskRecord {
    return this.#owner.task;
  }

  /** The number of the newest committed round; 0 for the initial model. */
  get roundNumber(): number {
    return this.#standing.version.roundNumber;
  }

  /** Whether the task is to run rounds. */
  get isRunning(): boolean {
    return this.#isWanted;
  }

  /** The phase of the round in flight; `idle` while there is none. */
  get phase(): RoundState["phase"] | "idle" {
    return this.#activity.name === "round" ? this.#activity.round.phase : "idle";
  }

  /** How far the round in flight has come; undefined while there is none. */
  get inFlight(): RoundInFlight | undefined {
    if (this.#activity.name !== "round") return undefined;
    const { recruiter, population } = this.#owner;
    return roundInFlight(this.#activity.round, () => recruiter.unusable(population.waiting));
  }

  /** The best measurement so far, by the task's own measure. */
  get best(): BestMeasurement | undefined {
    return this.#standing.best;
  }

  get planFeatures(): readonly PlanFeature[] {
    return this.#owner.sealer.planFeatures;
  }

  /** The signed plan and the newest version of the model, as clients download them. */
  sealedModel(): SealedModel {
    return this.#owner.sealer.seal(this.#standing.version);
  }

  // Orders.

  /**
   * Begins to run rounds. Resolves when the first one is open, when the task waits for its time, or
   * when the task, which had nothing left to do, is finished.
   * @throws TributaryError `TASK_INVALID` when its rounds cannot have enough reports.
   */
  async start(): Promise<void> {
    checkCohortFloor(this.task.definition, this.#deps.minimumCohort);
    if (this.#isWanted) return;
    this.#isWanted = true;
    this.#refusal.forget();
    this.#owner.population.addRecruiter(this.#owner.recruiter);
    if (this.#activity.name !== "stopped") return; // it goes on after what it is doing
    // Whoever starts a task after a failure does not want to wait for the next attempt.
    if (this.#retryAtMs !== undefined) this.#retryAtMs = this.#deps.clock.elapsedMs();
    const run = this.#run();
    if (this.#isFinishing) await run;
  }

  /** Starts no further round. Resolves when none is in flight. */
  async stop({ abandon }: StopOptions): Promise<void> {
    this.#isWanted = false;
    this.#owner.population.removeRecruiter(this.#owner.recruiter);
    const activity = this.#activity;
    if (activity.name === "waiting") activity.wake();
    if (activity.name === "round") {
      const { round } = activity;
      if (abandon === "server-stopping") round.stopping();
      else if (abandon !== undefined || round.phase === "selecting") {
        round.cancel(abandon ?? "cancelled");
      }
    }
    await this.#roundOver;
  }

  /**
   * Has clients evaluate a version of the model as soon as the round in flight has ended.
   * @param roundNumber - The round that made it; 0 for the initial model.
   * @throws TributaryError `CHECKPOINT_UNKNOWN`; `TASK_STATE_CONFLICT` when too many wait.
   */
  async requestEvaluation(roundNumber: number): Promise<void> {
    await this.#standing.requestEvaluation(roundNumber);
    this.#reconsider();
  }

  /** Takes note of a measurement that an operator has sent and that has been stored. */
  measured(record: RoundRecord): void {
    this.#standing.note(record);
    this.#reconsider();
  }

  /** Takes note of a rollback that has been stored. Only while the task is stopped. */
  rolledBack({ record, version }: Committed): void {
    this.#standing.advance(version);
    this.#standing.note(record);
    this.#standing.forgetRequests();
  }

  // The loop: what is next, open a round, await its end, record it, and again.

  async #run(): Promise<void> {
    try {
      while (this.#isWanted) await this.#doNext();
    } catch (error) {
      this.#deps.problems.note(this.task.id, error);
    } finally {
      this.#activity = { name: "stopped" };
    }
  }

  async #doNext(): Promise<void> {
    if (this.#retryAtMs !== undefined) {
      await this.#recover(this.#retryAtMs);
      return;
    }
    const { clock } = this.#deps;
    const next = this.#standing.next(clock.now());
    switch (next.type) {
      case "training":
      case "evaluation":
        this.#roundOver = this.#conduct(this.#open(next.type));
        await this.#roundOver;
        return;
      case "wait":
        await this.#waitUntil(clock.elapsedMs() + next.untilMs - clock.now(), "schedule");
        return;
      case "finished":
        this.#activity = { name: "finishing" };
        if (await this.#finish(next.reason)) this.#moves.publish("finished", next.reason);
    }
  }

  /** Opens a round and offers it the clients that wait. */
  #open(purpose: RoundPurpose): RunningRound {
    const round = openTaskRound(purpose, this.#owner, this.#deps);
    this.#activity = { name: "round", round };
    const { id: roundId } = round;
    const { taskId, number: roundNumber } = round.facts;
    this.#deps.events.publish({ type: "round-opened", taskId, roundId, purpose, roundNumber });
    const { population, recruiter } = this.#owner;
    recruiter.roundOpened();
    for (const client of population.candidates(recruiter)) {
      // The round may have started with the client before, and may even have ended.
      if (round.phase !== "selecting") break;
      recruiter.clientWaits(client);
    }
    return round;
  }

  /** Waits for a round to close, commits it, tells its members, and stores its record. */
  async #conduct(round: RunningRound): Promise<void> {
    const { clock, events } = this.#deps;
    const { abandoned } = await round.closed;
    const result = abandoned ?? (await this.#commit(round));
    const reason = typeof result === "string" ? result : null;
    const end = { checkpoint: null, reason, endedAtMs: round.nowMs };
    const record = typeof result === "string" ? recordOf(round, end) : result.record;
    const isOnRecord = reason === null || isWorthRecording(record, reason);
    if (reason !== null) this.#standing.participation.abandoned();
    if (isOnRecord) this.#standing.note(record);
    if (reason === "commit-failed" || reason === "configuration-failed") this.#retryLater();
    else this.#standing.forgetRequests(round.facts.version);

    this.#activity = { name: "ending", round, retryAtMs: this.#retryAtMs };
    const next = this.#standing.next(clock.now());
    const isFinished = isOnRecord && next.type === "finished";
    const finished = isFinished && (await this.#finish(next.reason)) ? next.reason : undefined;
    await round.end(typeof result === "string" ? result : result.version, {
      taskFinished: isFinished,
      score: this.#standing.score,
    });
    if (isOnRecord && reason !== null) this.#abandoned.add(record);
    const hindrance = await this.#abandoned.write();
    if (hindrance !== undefined && this.#retryAtMs === undefined) this.#failed(hindrance);
    if (isOnRecord) events.publish({ type: "round-ended", round: record });
    if (finished !== undefined) this.#moves.publish("finished", finished);
    else if (isOnRecord && record.kind === "training") await this.#pauseIfRefused(round, record);
  }

  /** Pauses the task when all clients refuse it, so that they are not asked again and again. */
  async #pauseIfRefused(round: RunningRound, { fates }: RoundRecord): Promise<void> {
    // What one client could report to is not refused by all, whatever strangers say.
    if (!this.#isWanted || this.#standing.hasReports) return;
    const code = this.#refusal.note(fates, round.refusingSites);
    if (code === undefined || !(await this.#moves.pause(code))) return;
    this.#wantNothing();
    this.#moves.publish("paused", code);
  }

  /** @returns What was stored, or that the round could not be committed. */
  async #commit(round: RunningRound): Promise<Committed | "commit-failed"> {
    const { clock, logger, problems } = this.#deps;
    const standing = this.#standing;
    try {
      const devices = standing.participation.records(round.facts.number);
      const committed = await commitRound(round, devices, this.#deps);
      if (round.collection.makesCheckpoint) {
        standing.advance(committed.version);
        standing.times.end(clock.elapsedMs());
        standing.participation.committed(committed.record.number);
        this.#abandoned.committed();
        // Pruning saves nothing but space, so nobody waits for it.
        standing
          .pruneParticipations(clock.now())
          .catch((error: unknown) => logger.warn("participations not pruned", { error }));
        await this.#sealAhead();
      }
      this.#pauses.reset();
      round.committed();
      return committed;
    } catch (error) {
      logger.error("round commit failed", { error, round: round.id });
      if (this.#isWanted) problems.note(this.task.id, error);
      round.failed();
      return "commit-failed";
    }
  }

  /** Seals the new model now, because the moment at which a cohort is complete has enough to do. */
  async #sealAhead(): Promise<void> {
    await eventLoopTurn();
    try {
      this.sealedModel();
    } catch (error) {
      // The round is stored. The next one will meet the fault again, and will fail because of it.
      this.#deps.logger.warn("model not sealed ahead", { error, task: this.task.id });
    }
    await eventLoopTurn();
  }

  /** Stores that the task has come to its end. @returns Whether the store has taken note of it. */
  #finish(reason: TaskEndReason): Promise<boolean> {
    this.#wantNothing();
    return this.#moves.finish(reason);
  }

  /** Wants no further round, and no client for one. */
  #wantNothing(): void {
    this.#isWanted = false;
    this.#deps.problems.clear(this.task.id);
    this.#owner.population.removeRecruiter(this.#owner.recruiter);
  }

  /** Something that was decided may no longer be right: a round without a cohort gives way. */
  #reconsider(): void {
    const activity = this.#activity;
    if (!this.#isWanted) return;
    if (activity.name === "waiting" && activity.cause === "schedule") activity.wake();
    if (activity.name !== "round" || activity.round.phase !== "selecting") return;
    const next = this.#standing.next(this.#deps.clock.now());
    if (next.type !== activity.round.collection.purpose) activity.round.cancel("cancelled");
  }

  /** Takes note of what keeps the task from getting on, and tries again after a pause. */
  #failed(error: unknown): void {
    if (this.#isWanted) this.#deps.problems.note(this.task.id, error);
    this.#retryLater();
  }

  #retryLater(): void {
    this.#retryAtMs = this.#deps.clock.elapsedMs() + this.#pauses.next();
  }

  /** After a failure: waits, and then reads again what the store holds. */
  async #recover(retryAtMs: number): Promise<void> {
    if (retryAtMs > this.#deps.clock.elapsedMs()) await this.#waitUntil(retryAtMs, "failure");
    if (!this.#isWanted) return;
    this.#activity = { name: "reading" };
    const { problems } = this.#deps;
    try {
      // First what is still to be written: a store that reads and does not write is of no use.
      const hindrance = await this.#abandoned.write();
      if (hindrance !== undefined) throw hindrance;
      await this.#standing.readAgain();
      this.#retryAtMs = undefined;
      problems.clear(this.task.id);
    } catch (error) {
      this.#failed(error);
    }
  }

  /**
   * Waits until a moment of the monotonic clock, or until it is woken. A long wait ends early: what
   * it waits for may be a date, and somebody may set the clock meanwhile.
   */
  async #waitUntil(untilMs: number, cause: "schedule" | "failure"): Promise<void> {
    const { clock } = this.#deps;
    await new Promise<void>((resolve) => {
      const leftMs = untilMs - clock.elapsedMs();
      const cancel = clock.schedule(Math.min(leftMs, LONGEST_WAIT_MS), resolve);
      const wake = (): void => {
        cancel();
        resolve();
      };
      this.#activity = { name: "waiting", cause, untilMs, wake };
      const { population, recruiter } = this.#owner;
      population.dismissUnwanted();
      population.reconsider(recruiter);
    });
  }

  get #standing(): TaskStanding {
    return this.#owner.standing;
  }

  get #isFinishing(): boolean {
    return this.#activity.name === "finishing";
  }
}
