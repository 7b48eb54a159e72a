import type { Examples, TrainerOptions } from "@tributary/client-sdk";
import {
  TributaryError,
  decodeCheckpoint,
  decodePlan,
  layoutOf,
  seededRandom,
  type CheckpointId,
  type Plan,
  type RoundPurpose,
} from "@tributary/protocol";
import type { RoundRecord, TaskRecord, TributaryServer } from "@tributary/server";
import { DrawnCohorts } from "../runner/drawn-cohorts.ts";
import { heldOutShare } from "../runner/held-out-share.ts";
import { scoreOfParts } from "../runner/score-of-parts.ts";
import type { RunDeps, RunTerms } from "../runner/simulated-task.ts";
import type { TrainerPool, UsedEngine } from "../runner/trainer-pool.ts";
import { ClientThreads } from "./client-threads.ts";

/** What is trained, and from which seed. */
export type ServedTerms = Pick<RunTerms, "task" | "model" | "seed" | "clients" | "trainer">;

/** What a served task works with. */
export interface ServedDeps extends Pick<RunDeps, "pool" | "crypto"> {
  /** The engine that scores; that of the clients if left out. */
  readonly scoring?: TrainerOptions;
  /** In how many threads the clients are. */
  readonly threads: number;
  /** Called if a thread fails, or if a client cannot take part. */
  readonly onFailure: (error: Error) => void;
}

/**
 * A task of a server in this process, with the real clients that train for it over sockets, and the
 * pool that scores its checkpoints. Which clients are in a round is drawn from the seed.
 */
export class ServedTask {
  readonly record: TaskRecord;
  readonly #server: TributaryServer;
  readonly #plan: Plan;
  readonly #terms: ServedTerms;
  readonly #pool: TrainerPool;
  readonly #scoring: TrainerOptions | undefined;
  readonly #cohorts: DrawnCohorts;
  readonly #threads: ClientThreads;

  private constructor(
    server: TributaryServer,
    record: TaskRecord,
    terms: ServedTerms,
    { pool, scoring, crypto, threads, onFailure }: ServedDeps,
  ) {
    this.record = record;
    this.#server = server;
    this.#plan = decodePlan(record.planBytes);
    this.#terms = terms;
    this.#pool = pool;
    this.#scoring = scoring;
    const random = seededRandom(crypto, terms.seed).derive("cohorts");
    this.#cohorts = new DrawnCohorts(terms.task, terms.clients, random);
    this.#threads = new ClientThreads(threads, onFailure);
  }

  /**
   * Creates the task on the server, which does not run yet.
   * @throws TributaryError what a server throws that does not take the task.
   */
  static async create(
    server: TributaryServer,
    terms: ServedTerms,
    deps: ServedDeps,
  ): Promise<ServedTask> {
    const { description, values } = terms.model;
    const record = await server.coordinator.createTask(terms.task, description, values);
    return new ServedTask(server, record, terms, deps);
  }

  /**
   * Makes the clients and starts the task.
   * @param examples - The examples of each client. Their memory moves to the threads and is gone here.
   * @param attend - `always`: the clients take part in the rounds as they open. `called`: they wait
   *   for `call`.
   * @returns The engine that scores: the one that trains, unless another was asked for.
   * @throws TributaryError when the engine that scores cannot be loaded; what starting the task throws.
   */
  async start(examples: readonly Examples[], attend: "always" | "called"): Promise<UsedEngine> {
    const { task, seed, trainer } = this.#terms;
    const { id, planBytes } = this.record;
    const { events, coordinator } = this.#server;
    this.#threads.make(this.#server, task, examples, { trainer, seed });
    const engine = await this.#pool.begin({
      ...{ planBytes, seed, trainer: this.#scoring ?? trainer },
      ...{ heldOut: heldOutShare(task), weighting: task },
    });
    const isDrawn = this.#cohorts.arePartial;
    if (attend === "always" && isDrawn) {
      events.subscribe((event) => {
        if (event.type === "round-opened" && event.taskId === id) this.call(event.purpose);
      });
    }
    await coordinator.startTask(id);
    // Where all clients are in every round, they stay connected from one to the next.
    if (attend === "always" && !isDrawn) this.#threads.takePart({});
    return engine;
  }

  /** Has the clients take part that are drawn for a round that has just opened. */
  call(purpose: RoundPurpose): void {
    this.#threads.takePart({ clients: this.#cohorts.draw(purpose), rounds: 1 });
  }

  /** The parameters of a checkpoint. */
  async weightsOf(checkpoint: CheckpointId): Promise<Float32Array> {
    const bytes = await this.#server.storage.checkpoints.get(checkpoint);
    if (bytes === undefined) throw new TributaryError("INTERNAL", "A checkpoint is lost");
    return decodeCheckpoint(bytes, layoutOf(this.#plan.model.parameters));
  }

  /**
   * Measures a model on the held-out examples of the pool. If the operator judges the task, the server
   * is told.
   * @param round - The round that made the model.
   */
  async score(
    { number: roundNumber }: RoundRecord,
    weights: Float32Array,
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, number>>> {
    const parts = await this.#pool.score(weights, signal);
    const metrics = scoreOfParts(this.#plan, parts);
    if (this.#terms.task.evaluation.judgedBy === "operator") {
      const exampleCount = parts.reduce((sum, part) => sum + part.exampleCount, 0);
      const measured = { roundNumber, exampleCount, metrics };
      await this.#server.coordinator.recordEvaluation(this.record.id, measured);
    }
    return metrics;
  }

  /** Ends the clients. The pool stays open, and the server. */
  async close(): Promise<void> {
    await this.#threads.close();
  }
}
