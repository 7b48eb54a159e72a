import {
  TributaryError,
  asTributaryError,
  basesToReport,
  checkFillings,
  checkModelFit,
  encodeCheckpoint,
  encodePlan,
  checkpointIdOf,
  decodeCheckpoint,
  opaqueId,
  planOf,
  populationName,
  type ModelDescription,
  type PopulationName,
  type RoundId,
  type SessionId,
  type TaskDefinition,
  type TaskId,
} from "@tributary/protocol";
import {
  checkAggregationMemory,
  checkCohortFloor,
  checkScheduleOpens,
  TaskHistory,
  modelTerms,
  packInitialState,
  roundingOf,
} from "@tributary/core";
import {
  hasEnded,
  type RoundRecord,
  requireReadable,
  type StoredTask,
  type TaskRecord,
  type TaskState,
} from "../storage/round-store.ts";
import { eventLoopTurn } from "../runtime/event-loop-turn.ts";
import type { CheckInOffer, Participant, WaitingPlace } from "./population/participant.ts";
import { Population, type PopulationDeps } from "./population/population.ts";
import { Strangers } from "./population/strangers.ts";
import { KeptSeats, type SeatClaim } from "./round/kept-seats.ts";
import { requireMeasures } from "./round/require-measures.ts";
import { operatorEvaluationRecord } from "./round/round-records.ts";
import type { RoundInFlight } from "./round/round-in-flight.ts";
import { shownRounds } from "./round/shown-rounds.ts";
import type { SealedModel } from "./model/sealed-model.ts";
import { IdleModels } from "./model/idle-models.ts";
import { planRefusal } from "./model/plan-refusal.ts";
import { checkpointOfRound } from "./model/read-version.ts";
import { OfferedTasks } from "./task/offered-tasks.ts";
import { rollBack } from "./task/roll-back.ts";
import { problemOf } from "./task/task-problems.ts";
import type { BestCheckpoint, TaskProgress } from "./task/task-progress.ts";
import type { TaskRunnerDeps } from "./task/task-runner.ts";
import { TaskRunners } from "./task/task-runners.ts";

/** What a coordinator works with. */
export type CoordinatorDeps = Omit<TaskRunnerDeps, "problems" | "seats"> & PopulationDeps;

/**
 * The server's tasks and populations. It brings clients and tasks together, and goes on with tasks
 * after a restart.
 */
export class Coordinator {
  readonly #deps: CoordinatorDeps;
  readonly #populations: Map<PopulationName, Population> = new Map();
  /** Tasks that run here or that an operator has given an order. */
  readonly #runners: TaskRunners;

  readonly #strangers: Strangers;
  readonly #offered = new OfferedTasks();
  readonly #seats = new KeptSeats();
  readonly #idleModels: IdleModels;

  constructor(deps: CoordinatorDeps) {
    this.#deps = deps;
    this.#runners = new TaskRunners(
      {
        populationOf: (name) => this.#population(name),
        loaded: ({ population }) => this.#idleModels.forget(population),
        moved: (task) => this.#offered.note(task),
      },
      { ...deps, seats: this.#seats },
    );
    this.#strangers = new Strangers(deps);
    this.#idleModels = new IdleModels(deps);
  }

  /** Goes on with the tasks that were running when the server stopped. */
  async recover(): Promise<void> {
    for (const task of await this.#deps.store.tasks()) {
      this.#offered.note(task);
      if (!hasEnded(task.state)) await this.#publishFound(task);
      // One task whose checkpoint is lost must not keep the others from going on.
      if (task.state === "running") await this.#runners.goOn(task);
    }
  }

  /**
   * Stores a new task with its plan and its initial model. Does not start the task.
   * @param values - Initial parameters, float32, in the order of the model's layout.
   * @param id - The task's id; a random one if left out.
   * @throws TributaryError `TASK_INVALID`, `MODEL_UNSUPPORTED`, `STORAGE_UNAVAILABLE`, or
   *   `CHECKPOINT_CORRUPT` when a value is not finite or their number is not the model's.
   */
  async createTask(
    definition: TaskDefinition,
    model: ModelDescription,
    values: Float32Array,
    id: TaskId = opaqueId("task", this.#deps.random.bytes(16)) as TaskId,
  ): Promise<TaskRecord> {
    const { crypto, random, clock, store, events, minimumCohort } = this.#deps;
    checkCohortFloor(definition, minimumCohort);
    checkScheduleOpens(definition.schedule, clock.now());
    checkFillings(definition);
    checkModelFit(definition, model);
    const plan = planOf(definition, model, minimumCohort);
    // It throws when no client could report what the metrics are computed from.
    basesToReport(plan);
    checkAggregationMemory(plan, definition.round.goalCount, this.#deps.limits);
    const planBytes = encodePlan(plan);
    const terms = modelTerms(plan);
    // Decoding checks the values, so that a task whose model could not be loaded is never stored.
    decodeCheckpoint(encodeCheckpoint(values), terms.layout);
    const { weights } = await packInitialState(values, terms, {
      random: roundingOf(random, definition.name, 0),
      yieldTurn: eventLoopTurn,
    });
    const bytes = encodeCheckpoint(weights);
    const initialCheckpoint = checkpointIdOf(crypto, bytes);
    const createdAtMs = clock.now();
    const task: TaskRecord = {
      id,
      name: definition.name,
      population: populationName(definition.population),
      definition,
      planBytes,
      state: "created",
      endReason: null,
      pauseReason: null,
      initialCheckpoint,
      createdAtMs,
    };
    await store.createTask(task, bytes);
    this.#offered.note(task);
    events.publish({ type: "task-state", taskId: task.id, state: "created", reason: null });
    return task;
  }

  /**
   * Starts a task, or goes on with one that is paused or stuck.
   * @returns The task after the start. A task that had nothing left to do has finished.
   * @throws TributaryError `TASK_UNKNOWN`; `TASK_INVALID` when its rounds cannot have as many
   *   reports as this server asks for; `TASK_STATE_CONFLICT` when the task has ended or runs
   *   already; `CHECKPOINT_UNKNOWN`, `CHECKPOINT_CORRUPT` or `STORAGE_UNAVAILABLE` when its model
   *   cannot be loaded.
   */
  async startTask(id: TaskId): Promise<TaskRecord> {
    const task = requireReadable(await this.#task(id));
    // A task that cannot run must not become `running`, because the server would try it again and
    // again. So its goal counts are checked and its model is loaded first.
    checkCohortFloor(task.definition, this.#deps.minimumCohort);
    await this.#runners.load(task);
    const isStuck = task.state === "running" && this.#runners.problemOf(id) !== undefined;
    await this.#runners.run(
      isStuck ? task : await this.#moveTask(id, ["created", "paused"], "running"),
    );
    return requireReadable(await this.#task(id));
  }

  /**
   * Pauses a task: no further round of it starts, and the round in flight goes on.
   * @throws TributaryError `TASK_UNKNOWN`, or `TASK_STATE_CONFLICT` when the task does not run.
   */
  async pauseTask(id: TaskId): Promise<StoredTask> {
    const task = await this.#moveTask(id, ["running"], "paused");
    // This does not wait for the end of the round in flight, which may take minutes.
    void this.#runners.halt(id);
    return task;
  }

  /**
   * Ends a task for good and abandons its round in flight. Committed rounds stay.
   * @throws TributaryError `TASK_UNKNOWN`, or `TASK_STATE_CONFLICT` when the task has ended.
   */
  async cancelTask(id: TaskId): Promise<StoredTask> {
    const task = await this.#moveTask(id, ["created", "running", "paused"], "cancelled");
    await this.#runners.halt(id, { abandon: "cancelled" });
    return task;
  }

  /**
   * Lets clients evaluate a checkpoint of a running task once its round in flight has ended.
   * @param roundNumber - The round that made it; 0 for the initial model.
   * @throws TributaryError `TASK_UNKNOWN`, `CHECKPOINT_UNKNOWN`, or `TASK_STATE_CONFLICT` when the
   *   task does not run or too many evaluations wait.
   */
  async requestEvaluation(id: TaskId, roundNumber: number): Promise<StoredTask> {
    const task = await this.#task(id);
    if (task.state !== "running") {
      throw new TributaryError("TASK_STATE_CONFLICT", `Task ${id} is ${task.state}`, {
        remedy: "Clients evaluate checkpoints of running tasks only, so start the task first.",
      });
    }
    await (await this.#runners.load(task)).requestEvaluation(roundNumber);
    return task;
  }

  /**
   * Stores how well a checkpoint did on the operator's own examples.
   * @throws TributaryError `TASK_UNKNOWN`, `CHECKPOINT_UNKNOWN`; `METRICS_INVALID` unless the
   *   metrics are the loss and those of the plan.
   */
  async recordEvaluation(
    id: TaskId,
    measured: {
      readonly roundNumber: number;
      readonly exampleCount: number;
      readonly metrics: Readonly<Record<string, number>>;
    },
  ): Promise<RoundRecord> {
    const { store, random, clock, events } = this.#deps;
    const task = requireReadable(await this.#task(id));
    requireMeasures(task, measured.metrics);
    const { id: checkpoint } = await checkpointOfRound(task, measured.roundNumber, store);
    const roundId = opaqueId("rnd", random.bytes(16)) as RoundId;
    const record = operatorEvaluationRecord(roundId, id, { ...measured, checkpoint }, clock.now());
    await store.commit({ round: record });
    this.#runners.loaded(id)?.measured(record);
    events.publish({ type: "round-ended", round: record });
    return record;
  }

  /**
   * Makes an older checkpoint the newest, as a round of its own. The round in flight is abandoned.
   * A running task goes on from that checkpoint. The newest checkpoint need not be readable.
   * @param roundNumber - The round that made it; 0 for the initial model.
   * @throws TributaryError `TASK_UNKNOWN`, `CHECKPOINT_UNKNOWN`, `CHECKPOINT_CORRUPT` or
   *   `STORAGE_UNAVAILABLE` when the older checkpoint cannot be read; `TASK_STATE_CONFLICT`.
   */
  async rollBackTask(id: TaskId, roundNumber: number): Promise<StoredTask> {
    const task = requireReadable(await this.#task(id));
    const runner = await this.#runners.load(task).catch(() => undefined);
    try {
      await rollBack(task, roundNumber, runner, this.#deps);
    } finally {
      // The task is read again, since it may have been paused or cancelled in the meantime.
      const after = await this.#task(id);
      if (after.state === "running") await this.#runners.goOn(after);
    }
    return this.#task(id);
  }

  /** A task's best checkpoint by its own measure; undefined while nothing has been measured. */
  async best(task: StoredTask): Promise<BestCheckpoint | undefined> {
    const { store } = this.#deps;
    if ("fault" in task) return undefined;
    const runner = this.#runners.loaded(task.id);
    const history =
      runner ?? new TaskHistory(task.definition, await shownRounds(task.id, this.#deps));
    if (history.best === undefined) return undefined;
    const { id: checkpoint } = await checkpointOfRound(task, history.best.roundNumber, store);
    return { ...history.best, checkpoint };
  }

  /** What a task is doing now, and how many rounds it has committed. */
  async progress(task: StoredTask): Promise<TaskProgress> {
    const runner = this.#runners.loaded(task.id);
    const committed =
      runner?.roundNumber ?? (await this.#deps.store.lastCommitted(task.id))?.roundNumber ?? 0;
    return {
      phase: runner?.phase ?? "idle",
      committedRounds: committed,
      waitingClients: this.#population(populationName(task.population)).waitingCount,
      problem:
        this.#runners.problemOf(task.id) ?? ("fault" in task ? problemOf(task.fault) : undefined),
    };
  }

  /** The rounds of all tasks that are in flight. */
  get roundsInFlight(): readonly RoundInFlight[] {
    return this.#runners.inFlight;
  }

  /** The number of clients that wait, for each population that has a task in memory. */
  get waitingClients(): ReadonlyMap<PopulationName, number> {
    return new Map(Array.from(this.#populations, ([name, pool]) => [name, pool.waitingCount]));
  }

  /** How many of the tasks that are to run get on, and how many have a problem. */
  get taskCounts(): TaskRunners["counts"] {
    return this.#runners.counts;
  }

  /**
   * Takes the check-in of a client. When this returns, the client waits or has been selected.
   * @throws TributaryError `NO_OPEN_ROUND` or `NOT_ELIGIBLE`, with `retryAfterMs`.
   */
  checkIn(participant: Participant, offer: CheckInOffer): WaitingPlace {
    // The name comes from a stranger, so it must not make an entry in the map.
    const population = this.#populations.get(offer.population as PopulationName);
    try {
      if (population === undefined) throw this.#strangers.reject(participant, offer);
      population.checkIn({ participant, offer });
    } catch (error) {
      const { code } = asTributaryError(error);
      this.#deps.events.publish({ type: "check-in-rejected", code });
      throw error;
    }
    const session: SessionId = participant.sessionId;
    return { waiting: population.waitingCount, leave: () => population.leave(session) };
  }

  /**
   * Gives a member its seat again that has lost its connection. It has been told so when this
   * returns.
   * @throws TributaryError `ROUND_CLOSED` when there is no such seat to come back to.
   */
  resume(participant: Participant, claim: SeatClaim): void {
    this.#seats.resume(participant, claim);
  }

  /**
   * Returns the newest committed model of a population. It is that of the population's running task
   * or, if none is running, that of the task that was created last.
   * @param isEnrolled - Whether the population has enrolment and has admitted who asks.
   * @param planFeatures - Names of the plan features that the client knows; none if left out.
   * @throws TributaryError `MODEL_UNAVAILABLE`; `MODEL_NOT_PUBLIC` when a stranger asks for a model
   *   that its task does not make public; `NOT_ELIGIBLE` when the client cannot read the plan.
   */
  async newestModel(
    population: string,
    isEnrolled: boolean,
    planFeatures: readonly string[] = [],
  ): Promise<{ readonly model: SealedModel; readonly roundNumber: number }> {
    const task = this.#offered.taskFor(population, isEnrolled);
    const source = this.#runners.loaded(task) ?? (await this.#idleModels.of(population, task));
    const refusal = planRefusal(planFeatures, source.planFeatures);
    if (refusal !== undefined) throw refusal;
    return { model: source.sealedModel(), roundNumber: source.roundNumber };
  }

  /** Ends all rounds. The stored states stay, so that `recover` goes on with running tasks. */
  async close(): Promise<void> {
    await this.#runners.close();
  }

  /**
   * Changes the state of a task and publishes the change.
   * @throws TributaryError `TASK_UNKNOWN`, or `TASK_STATE_CONFLICT` when the task's state is none
   *   of `from`.
   */
  async #moveTask(id: TaskId, from: readonly TaskState[], to: TaskState): Promise<StoredTask> {
    const { store, events } = this.#deps;
    const task = await this.#task(id);
    if (!(await store.setTaskState(id, from, to))) {
      throw new TributaryError("TASK_STATE_CONFLICT", `Task ${id} is ${task.state}`, {
        remedy: `Only a task that is ${from.join(" or ")} can become ${to}.`,
      });
    }
    this.#offered.note({ ...task, state: to });
    events.publish({ type: "task-state", taskId: id, state: to, reason: null });
    return { ...task, state: to, endReason: null, pauseReason: null };
  }

  async #publishFound({ id, state }: StoredTask): Promise<void> {
    const { store, events } = this.#deps;
    const roundNumber = (await store.lastCommitted(id))?.roundNumber ?? 0;
    events.publish({ type: "task-found", taskId: id, state, roundNumber });
  }

  async #task(id: TaskId): Promise<StoredTask> {
    const task = await this.#deps.store.task(id);
    if (task !== undefined) return task;
    throw new TributaryError("TASK_UNKNOWN", `There is no task ${id}`, {
      remedy: "`tributary task list` names the tasks.",
    });
  }

  #population(name: PopulationName): Population {
    let population = this.#populations.get(name);
    if (population === undefined) {
      population = new Population(name, this.#deps);
      this.#populations.set(name, population);
    }
    return population;
  }
}
