import {
  TributaryError,
  isTributaryError,
  type Clock,
  type PlanFeature,
  type TaskId,
} from "@tributary/protocol";
import { newestVersion, type ReadVersionDeps } from "./read-version.ts";
import { ModelSealer, type SealingDeps } from "./model-sealer.ts";
import type { SealedModel } from "./sealed-model.ts";

/** How long a failure to read a model is remembered, in milliseconds. */
const FAILURE_KEPT_MS = 5_000;

/** Where the newest model of a task comes from. */
export interface ModelSource {
  /** The signed plan and the newest version of the model, as clients download them. */
  sealedModel(): SealedModel;
  /** The number of the newest committed round; 0 for the initial model. */
  readonly roundNumber: number;
  /** The features that a client must know to read the plan. */
  readonly planFeatures: readonly PlanFeature[];
}

/** What reading and sealing the models of idle tasks needs. */
export interface IdleModelsDeps extends ReadVersionDeps, SealingDeps {
  readonly clock: Clock;
}

/**
 * The models of tasks that do not run in this process, for clients that ask for them. Each
 * population's model is read once, without the history of its task, and kept until the population
 * offers the model of another task. A failure is kept for a while too, so that clients which ask
 * again and again cost the store nothing.
 */
export class IdleModels {
  readonly #deps: IdleModelsDeps;
  readonly #kept: Map<string, { readonly task: TaskId; readonly source: Promise<ModelSource> }> =
    new Map();

  constructor(deps: IdleModelsDeps) {
    this.#deps = deps;
  }

  /**
   * Returns the model of a task that does not run.
   * @throws TributaryError `STORAGE_UNAVAILABLE`, or `MODEL_UNAVAILABLE` when the model cannot be
   *   read for another reason.
   */
  of(population: string, task: TaskId): Promise<ModelSource> {
    const kept = this.#kept.get(population);
    if (kept?.task === task) return kept.source;
    const source = this.#read(task);
    this.#kept.set(population, { task, source });
    source.catch(() => {
      this.#deps.clock.schedule(FAILURE_KEPT_MS, () => {
        if (this.#kept.get(population)?.source === source) this.#kept.delete(population);
      });
    });
    return source;
  }

  /** Forgets a population's model, because the task that makes it has begun to run. */
  forget(population: string): void {
    this.#kept.delete(population);
  }

  async #read(id: TaskId): Promise<ModelSource> {
    try {
      const task = await this.#deps.store.task(id);
      if (task === undefined) throw new TributaryError("TASK_UNKNOWN", `There is no task ${id}`);
      const sealer = new ModelSealer(task.planBytes, this.#deps);
      const version = await newestVersion(task, sealer.terms, this.#deps);
      const { planFeatures } = sealer;
      const { roundNumber } = version;
      return { planFeatures, roundNumber, sealedModel: () => sealer.seal(version) };
    } catch (cause) {
      if (isTributaryError(cause, "STORAGE_UNAVAILABLE")) throw cause;
      throw new TributaryError("MODEL_UNAVAILABLE", "The newest model cannot be read now", {
        remedy: "Ask again later.",
        retryAfterMs: FAILURE_KEPT_MS,
        cause,
      });
    }
  }
}
