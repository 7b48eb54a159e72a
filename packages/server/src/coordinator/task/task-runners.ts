import { populationName, type PopulationName, type TaskId } from "@tributary/protocol";
import { requireReadable, type StoredTask, type TaskRecord } from "../../storage/round-store.ts";
import type { TaskProblem } from "../../telemetry/server-event.ts";
import type { Population } from "../population/population.ts";
import type { RoundInFlight } from "../round/round-in-flight.ts";
import { FailurePauses } from "./failure-pauses.ts";
import { TaskProblems } from "./task-problems.ts";
import { TaskRunner, type StopOptions, type TaskRunnerDeps } from "./task-runner.ts";

/** What the tasks belong to, and who hears of them. */
export interface TaskRunnersOwner {
  readonly populationOf: (name: PopulationName) => Population;
  /** Called when the model of a task has been loaded. */
  readonly loaded: (task: TaskRecord) => void;
  /** Called when it is stored that a task has another state because of its rounds. */
  readonly moved: (task: TaskRecord) => void;
}

/**
 * The tasks that run here or that an operator has given an order, with their models in memory. A task that is to run and cannot be loaded is tried again after pauses, so that it goes on once
 * its store or its checkpoint is whole again.
 */
export class TaskRunners {
  readonly #owner: TaskRunnersOwner;
  readonly #deps: TaskRunnerDeps;
  readonly #problems: TaskProblems;
  readonly #loading: Map<TaskId, Promise<TaskRunner>> = new Map();
  readonly #loaded: Map<TaskId, TaskRunner> = new Map();
  /** Functions that cancel the next attempt at a task that could not be loaded. */
  readonly #attempts: Map<TaskId, () => void> = new Map();
  #isClosed = false;

  constructor(owner: TaskRunnersOwner, deps: Omit<TaskRunnerDeps, "problems">) {
    this.#owner = owner;
    this.#problems = new TaskProblems(deps);
    this.#deps = { ...deps, problems: this.#problems };
  }

  /** How many tasks are to run: those that get on, and those that have a problem. */
  get counts(): { readonly gettingOn: number; readonly stuck: number } {
    const running = [...this.#loaded.values()].filter(({ isRunning }) => isRunning);
    const gettingOn = running.filter(({ task }) => this.#problems.of(task.id) === undefined);
    return { gettingOn: gettingOn.length, stuck: this.#problems.count };
  }

  /** Why a task that is to run does not get on; undefined when it does. */
  problemOf(id: TaskId): TaskProblem | undefined {
    return this.#problems.of(id);
  }

  /** The rounds of all tasks that are in flight. */
  get inFlight(): readonly RoundInFlight[] {
    return [...this.#loaded.values()].flatMap(({ inFlight }) => inFlight ?? []);
  }

  /** The runner of a task whose model is in memory. */
  loaded(id: TaskId): TaskRunner | undefined {
    return this.#loaded.get(id);
  }

  /**
   * Returns the runner of a task, and loads the task's model if it is not in memory yet.
   * @throws TributaryError `TASK_UNREADABLE`, `CHECKPOINT_UNKNOWN`, `CHECKPOINT_CORRUPT` or
   *   `STORAGE_UNAVAILABLE`.
   */
  async load(stored: StoredTask): Promise<TaskRunner> {
    const task = requireReadable(stored);
    let loading = this.#loading.get(task.id);
    if (loading === undefined) {
      const population = this.#owner.populationOf(populationName(task.population));
      loading = TaskRunner.load(task, population, this.#deps, (state) =>
        this.#owner.moved({ ...task, state }),
      );
      this.#loading.set(task.id, loading);
      loading.then(
        (runner) => {
          this.#loaded.set(task.id, runner);
          this.#owner.loaded(task);
        },
        () => this.#loading.delete(task.id),
      );
    }
    return loading;
  }

  /**
   * Runs a task.
   * @throws TributaryError the errors of `load`.
   */
  async run(task: StoredTask): Promise<void> {
    const runner = await this.load(task);
    this.#cancelAttempt(task.id);
    // A runner that runs already knows best whether it gets on.
    if (!runner.isRunning) this.#problems.clear(task.id);
    await runner.start();
  }

  /** Runs a task. If that fails, takes note of the problem and tries again after a pause. */
  async goOn(task: StoredTask, pauses: FailurePauses = new FailurePauses()): Promise<void> {
    try {
      await this.run(task);
    } catch (error) {
      this.#problems.note(task.id, error);
      this.#tryLater(task.id, pauses);
    }
  }

  /** Stops the rounds of a task, and makes no further attempt at one that could not be loaded. */
  async halt(id: TaskId, options: StopOptions = {}): Promise<void> {
    this.#cancelAttempt(id);
    this.#problems.clear(id);
    await (await this.#loading.get(id))?.stop(options);
  }

  /** Ends all rounds, because the server stops. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const id of this.#attempts.keys()) this.#cancelAttempt(id);
    // A task whose model could not be loaded has no round to end.
    const runners = await Promise.allSettled(this.#loading.values());
    await Promise.all(
      runners.map(async (runner) => {
        if (runner.status === "fulfilled") await runner.value.stop({ abandon: "server-stopping" });
      }),
    );
  }

  #tryLater(id: TaskId, pauses: FailurePauses): void {
    this.#cancelAttempt(id);
    if (this.#isClosed) return;
    const { clock, store } = this.#deps;
    const attempt = async (): Promise<void> => {
      try {
        // An operator may have paused or cancelled the task in the meantime.
        const task = await store.task(id);
        if (task?.state === "running") await this.goOn(task, pauses);
        else this.#problems.clear(id);
      } catch (error) {
        this.#problems.note(id, error);
        this.#tryLater(id, pauses);
      }
    };
    this.#attempts.set(
      id,
      clock.schedule(pauses.next(), () => void attempt()),
    );
  }

  #cancelAttempt(id: TaskId): void {
    this.#attempts.get(id)?.();
    this.#attempts.delete(id);
  }
}
