import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  TributaryError,
  decodeCheckpoint,
  decodePlan,
  layoutOf,
  seededRandom,
  type CheckpointId,
  type Plan,
} from "@tributary/protocol";
import {
  openMemoryStore,
  silentLogger,
  startServer,
  type RoundRecord,
  type ServerEvent,
  type TaskRecord,
  type TributaryServer,
} from "@tributary/server";
import { requireOrdinaryClients } from "../algorithms/conflicts.ts";
import { clientExamples } from "../runner/client-examples.ts";
import { DrawnCohorts } from "../runner/drawn-cohorts.ts";
import { heldOutShare } from "../runner/held-out-share.ts";
import { isScoreDue } from "../runner/score-due.ts";
import { scoreOfParts } from "../runner/score-of-parts.ts";
import { serverRandom } from "../runner/server-random.ts";
import type { RunDeps, RunTerms, SimulatedTask } from "../runner/simulated-task.ts";
import type { SimulatedRound } from "../runner/simulated-round.ts";
import type { SimulationData } from "../runner/simulation-data.ts";
import { ClientThreads } from "./client-threads.ts";
import { limitsForClients } from "./limits-for-clients.ts";

/** What happens in the server of a run that the run waits for. */
type Awaited = Extract<ServerEvent, { type: "round-opened" | "round-ended" | "task-state" }>;

/**
 * A run with a real server and real clients: sockets, the encrypted channel, messages and the store
 * in memory. It gives the same checkpoints as a `DirectRun`.
 */
export class WireRun implements SimulatedTask {
  readonly #terms: RunTerms;
  readonly #deps: RunDeps;
  readonly #server: TributaryServer;
  readonly #task: TaskRecord;
  readonly #plan: Plan;
  readonly #threads: ClientThreads;
  readonly #cohorts: DrawnCohorts;
  readonly #folder: string;
  /** What has happened and has not been looked at, the oldest first. */
  readonly #events: Awaited[] = [];
  #failure: unknown;
  #wake: () => void = () => {};
  #weights: Float32Array;
  #checkpoint: CheckpointId;

  private constructor(
    terms: RunTerms,
    { server, task, folder }: { server: TributaryServer; task: TaskRecord; folder: string },
    threads: number,
    deps: RunDeps,
  ) {
    this.#terms = terms;
    this.#deps = deps;
    this.#server = server;
    this.#task = task;
    this.#folder = folder;
    this.#plan = decodePlan(task.planBytes);
    this.#weights = terms.model.values;
    this.#checkpoint = task.initialCheckpoint;
    const random = seededRandom(deps.crypto, terms.seed);
    this.#cohorts = new DrawnCohorts(terms.task, terms.clients, random.derive("cohorts"));
    this.#threads = new ClientThreads(threads, (error) => {
      this.#failure ??= error;
      this.#wake();
    });
    server.events.subscribe((event) => {
      if (!isAwaited(event, task)) return;
      this.#events.push(event);
      this.#wake();
    });
  }

  /**
   * Starts the server and the clients.
   * @param threads - In how many threads the clients train.
   * @throws TributaryError `CONFIG_INVALID` with any algorithm but federated averaging; what the server throws that cannot start, or does not take the task.
   */
  static async begin(
    terms: RunTerms,
    data: SimulationData,
    threads: number,
    deps: RunDeps,
  ): Promise<WireRun> {
    const { crypto } = deps;
    const { task: definition, model, seed, clients, trainer } = terms;
    requireOrdinaryClients(terms);
    const folder = await mkdtemp(join(tmpdir(), "tributary-simulation-"));
    const server = await startServer(
      {
        ...{ port: 0, adminPort: 0, dataDir: folder, tls: "none", minimumCohort: 1 },
        limits: limitsForClients(clients),
      },
      {
        random: serverRandom(crypto, seed),
        storage: openMemoryStore({ crypto }),
        logger: silentLogger,
      },
    );
    const task = await server.coordinator.createTask(definition, model.description, model.values);
    const run = new WireRun(terms, { server, task, folder }, threads, deps);
    const random = seededRandom(crypto, seed);
    const examples = Array.from({ length: clients }, (_, client) =>
      clientExamples(data, client, random),
    );
    run.#threads.make(server, definition, examples, { trainer, seed });
    const { planBytes } = task;
    await deps.pool.begin({
      ...{ planBytes, seed, trainer },
      ...{ heldOut: heldOutShare(definition), weighting: definition },
    });
    await server.coordinator.startTask(task.id);
    return run;
  }

  get weights(): Float32Array {
    return this.#weights;
  }

  get checkpoint(): CheckpointId {
    return this.#checkpoint;
  }

  async next(signal: AbortSignal): Promise<SimulatedRound | undefined> {
    for (;;) {
      const event = await this.#nextEvent(signal);
      switch (event.type) {
        case "round-opened":
          this.#threads.takePart({ clients: this.#cohorts.draw(event.purpose), rounds: 1 });
          break;
        case "round-ended":
          if (event.round.kind === "operator-evaluation") break;
          return this.#ended(event.round, signal);
        case "task-state":
          if (event.state !== "running") return undefined;
      }
    }
  }

  async close(): Promise<void> {
    await this.#threads.close();
    await this.#server.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #nextEvent(signal: AbortSignal): Promise<Awaited> {
    const stop = (): void => this.#wake();
    signal.addEventListener("abort", stop);
    try {
      for (;;) {
        signal.throwIfAborted();
        if (this.#failure !== undefined) throw this.#failure;
        const event = this.#events.shift();
        if (event !== undefined) return event;
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  /** Makes a round of a record, and scores the checkpoint if it is due. */
  async #ended(record: RoundRecord, signal: AbortSignal): Promise<SimulatedRound> {
    const round: SimulatedRound = {
      ...record,
      deviceSeconds: 0,
      wastedSeconds: 0,
      seconds: record.roundTimeMs / 1000,
      trainerSeconds: 0,
    };
    if (record.checkpoint === null) return round;
    const bytes = await this.#server.storage.checkpoints.get(record.checkpoint);
    if (bytes === undefined) throw new TributaryError("INTERNAL", "A checkpoint is lost");
    this.#weights = decodeCheckpoint(bytes, layoutOf(this.#plan.model.parameters));
    this.#checkpoint = record.checkpoint;
    if (!isScoreDue(round, this.#terms)) return round;
    const parts = await this.#deps.pool.score(this.#weights, signal);
    const metrics = scoreOfParts(this.#plan, parts);
    const exampleCount = parts.reduce((sum, part) => sum + part.exampleCount, 0);
    const measured = { roundNumber: record.number, exampleCount, metrics };
    await this.#server.coordinator.recordEvaluation(this.#task.id, measured);
    return { ...round, score: metrics };
  }
}

function isAwaited(event: ServerEvent, { id }: TaskRecord): event is Awaited {
  switch (event.type) {
    case "round-opened":
    case "task-state":
      return event.taskId === id;
    case "round-ended":
      return event.round.taskId === id;
    default:
      return false;
  }
}
