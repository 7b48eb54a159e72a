import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom, type CheckpointId, type CryptoProvider } from "@tributary/protocol";
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
import { isScoreDue } from "../runner/score-due.ts";
import { serverRandom } from "../runner/server-random.ts";
import type { RunDeps, RunTerms, SimulatedTask } from "../runner/simulated-task.ts";
import type { SimulatedRound } from "../runner/simulated-round.ts";
import type { UsedEngine } from "../runner/trainer-pool.ts";
import type { SimulationData } from "../runner/simulation-data.ts";
import { EventQueue } from "./event-queue.ts";
import { limitsForClients } from "./limits-for-clients.ts";
import { ServedTask } from "./served-task.ts";

/** What happens in the server of a run that the run waits for. */
type Awaited = Extract<ServerEvent, { type: "round-opened" | "round-ended" | "task-state" }>;

/**
 * A run with a real server and real clients: sockets, the encrypted channel, messages and the store
 * in memory. It gives the same checkpoints as a `DirectRun`.
 */
export class WireRun implements SimulatedTask {
  readonly engine: UsedEngine;
  readonly #terms: RunTerms;
  readonly #served: ServedTask;
  readonly #events: EventQueue<Awaited>;
  /** What ends the run, in this order. */
  readonly #endings: readonly Ending[];
  #weights: Float32Array;
  #checkpoint: CheckpointId;

  private constructor(
    terms: RunTerms,
    engine: UsedEngine,
    served: ServedTask,
    events: EventQueue<Awaited>,
    endings: readonly Ending[],
  ) {
    this.engine = engine;
    this.#terms = terms;
    this.#served = served;
    this.#events = events;
    this.#endings = endings;
    this.#weights = terms.model.values;
    this.#checkpoint = served.record.initialCheckpoint;
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
    { pool, crypto }: RunDeps,
  ): Promise<WireRun> {
    requireOrdinaryClients(terms);
    const folder = await mkdtemp(join(tmpdir(), "tributary-simulation-"));
    const endings: Ending[] = [() => rm(folder, { recursive: true, force: true })];
    try {
      const server = await openServer(terms, folder, crypto);
      endings.unshift(() => server.close());
      const events = new EventQueue<Awaited>();
      const onFailure = (error: Error): void => events.fail(error);
      const served = await ServedTask.create(server, terms, { pool, crypto, threads, onFailure });
      endings.unshift(() => served.close());
      server.events.subscribe((event) => {
        if (isAwaited(event, served.record)) events.add(event);
      });
      const random = seededRandom(crypto, terms.seed);
      const examples = Array.from({ length: terms.clients }, (_, client) =>
        clientExamples(data, client, random),
      );
      const engine = await served.start(examples, "called");
      return new WireRun(terms, engine, served, events, endings);
    } catch (error) {
      await endAll(endings);
      throw error;
    }
  }

  get weights(): Float32Array {
    return this.#weights;
  }

  get checkpoint(): CheckpointId {
    return this.#checkpoint;
  }

  async next(signal: AbortSignal): Promise<SimulatedRound | undefined> {
    for (;;) {
      const event = await this.#events.next(signal);
      switch (event.type) {
        case "round-opened":
          this.#served.call(event.purpose);
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
    await endAll(this.#endings);
  }

  /** Makes a round of a record, and scores the checkpoint if it is due. */
  async #ended(record: RoundRecord, signal: AbortSignal): Promise<SimulatedRound> {
    const round: SimulatedRound = {
      ...record,
      // Devices take no virtual time here; the record tells of the server's clock.
      ...{ endedAtMs: 0, roundTimeMs: 0 },
      deviceSeconds: 0,
      wastedSeconds: 0,
      seconds: record.roundTimeMs / 1000,
      trainerSeconds: 0,
    };
    if (record.checkpoint === null) return round;
    this.#weights = await this.#served.weightsOf(record.checkpoint);
    this.#checkpoint = record.checkpoint;
    if (!isScoreDue(round, this.#terms)) return round;
    return { ...round, score: await this.#served.score(record, this.#weights, signal) };
  }
}

type Ending = () => Promise<void>;

async function endAll(endings: readonly Ending[]): Promise<void> {
  for (const end of endings) await end();
}

/** Starts a server that keeps all in memory. */
function openServer(
  { seed, clients }: RunTerms,
  dataDir: string,
  crypto: CryptoProvider,
): Promise<TributaryServer> {
  return startServer(
    {
      ...{ port: 0, adminPort: 0, dataDir, tls: "none", minimumCohort: 1 },
      limits: limitsForClients(clients),
    },
    {
      random: serverRandom(crypto, seed),
      storage: openMemoryStore({ crypto }),
      logger: silentLogger,
    },
  );
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
