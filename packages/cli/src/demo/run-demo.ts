import { availableParallelism } from "node:os";
import type { Worker } from "node:worker_threads";
import {
  TributaryError,
  layoutOf,
  decodePlan,
  seededRandom,
  type CheckpointId,
  type TaskDefinition,
} from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import {
  startServer,
  type RoundRecord,
  type TaskRecord,
  type TributaryServer,
} from "@tributary/server";
import { announceAdmin } from "../admin-client.ts";
import { loadInitialModel } from "../task-file.ts";
import { loadDemoData, demoTask, type DemoData } from "./demo-data.ts";
import { startThread } from "./threads.ts";

export interface DemoOptions {
  /** `writers`, `mnist`, or the path of a folder or CSV file. */
  readonly data: string;
  readonly clients: number;
  readonly rounds: number;
  /** Replaces the demo's own task. */
  readonly task?: TaskDefinition;
  readonly seed: number;
  readonly engine: string;
  readonly dataDir: string;
  readonly port: number;
  readonly adminPort: number;
  readonly databaseUrl?: string;
  readonly logLevel: "warn" | "info" | "debug" | "silent";
  readonly signal: AbortSignal;
}

/** What a demo shows while it runs. */
export interface DemoObserver {
  started(facts: {
    readonly server: TributaryServer;
    readonly task: TaskRecord;
    readonly data: DemoData;
    readonly threads: number;
    readonly seed: number;
  }): void;
  report(roundNumber: number, accepted: number, cohort: number): void;
  round(round: RoundRecord, score: Readonly<Record<string, number>>, elapsedMs: number): void;
}

export interface DemoResult {
  readonly rounds: number;
  /** Metrics of the last checkpoint on the held-out examples. */
  readonly score: Readonly<Record<string, number>>;
  readonly bytesUpPerClientRound: number;
  readonly bytesDownPerClientRound: number;
  /** Bytes of one update as plain float32, for comparison. */
  readonly float32Bytes: number;
  readonly checkpoint: CheckpointId;
  readonly checkpointBytes: Uint8Array;
  readonly task: TaskRecord;
  readonly elapsedMs: number;
}

/** Runs a whole federated training on this machine: a real server, real clients in worker threads, real sockets. */
export async function runDemo(options: DemoOptions, observer: DemoObserver): Promise<DemoResult> {
  const startedAtMs = Date.now();
  const random = seededRandom(createNodeCryptoProvider(), options.seed);
  const data = await loadDemoData(options.data, options.clients, random);
  const definition = options.task ?? demoTask(data, options.clients, options.rounds);
  const rounds: RoundRecord[] = [];
  const scores = new Map<number, Record<string, number>>();
  const threads: Worker[] = [];
  let roundNumber = 0;
  let cohort = 0;
  let settle: { resolve(): void; reject(error: Error): void } | undefined;
  const finished = new Promise<void>((resolve, reject) => (settle = { resolve, reject }));
  finished.catch(() => {}); // it is awaited below, after the set-up that may fail first
  const fail = (error: Error): void => settle?.reject(error);
  const onAbort = (): void => fail(new TributaryError("ABORTED", "The demo was stopped"));
  options.signal.addEventListener("abort", onAbort);

  let task: TaskRecord | undefined;
  let scorer: Worker | undefined;
  let committed = (_round: RoundRecord): void => {};
  const server = await startServer(
    {
      dataDir: options.dataDir,
      port: options.port,
      adminPort: options.adminPort,
      logLevel: options.logLevel,
      ...(options.databaseUrl === undefined ? {} : { databaseUrl: options.databaseUrl }),
    },
    {
      onEvent: (event) => {
        if (event.type === "round-started" && event.taskId === task?.id) {
          roundNumber = event.roundNumber;
          cohort = event.cohort;
          observer.report(roundNumber, 0, cohort);
        } else if (event.type === "report-accepted") {
          observer.report(roundNumber, event.accepted, cohort);
        } else if (event.type === "round-ended" && event.round.taskId === task?.id) {
          committed(event.round);
        }
      },
    },
  );
  const withdrawAddress = await announceAdmin(options.dataDir, { url: server.adminUrl });
  try {
    const model = await loadInitialModel(definition, random.derive("model"));
    await cancelEarlierTasks(server, definition.population);
    task = await server.coordinator.createTask(definition, model.description, model.values);
    const { planBytes } = task;
    const layout = layoutOf(decodePlan(planBytes).model.parameters);

    const threadCount = Math.max(1, Math.min(options.clients, availableParallelism()));
    observer.started({ server, task, data, threads: threadCount, seed: options.seed });

    committed = (round) => {
      if (round.outcome === "abandoned") {
        if (round.reason === "too-few-left") fail(abandoned(round));
        return;
      }
      rounds.push(round);
      void server.storage.checkpoints.get(round.checkpoint!).then((checkpoint) => {
        scorer?.postMessage({ id: round.number, planBytes, checkpoint });
      }, fail);
    };
    const lastRound = definition.stop.rounds ?? Number.POSITIVE_INFINITY;
    scorer = await startThread(
      { role: "scorer", engine: options.engine, examples: data.test },
      (message) => {
        if (message.type !== "score") return;
        scores.set(message.id, message.metrics);
        const round = rounds.find((candidate) => candidate.number === message.id);
        if (round !== undefined) observer.round(round, message.metrics, Date.now() - startedAtMs);
        const taskIsOver =
          message.id >= lastRound || (taskFinished && message.id === rounds.at(-1)?.number);
        if (taskIsOver) settle?.resolve();
      },
      fail,
    );
    threads.push(scorer);
    let taskFinished = false;
    const shares = Array.from({ length: threadCount }, (_, thread) =>
      data.clients
        .map((examples, index) => ({ index, examples }))
        .filter(({ index }) => index % threadCount === thread),
    );
    await server.coordinator.startTask(task.id);
    threads.push(
      ...(await Promise.all(
        shares.map((clients) =>
          startThread(
            {
              role: "clients",
              url: server.url,
              serverKey: server.serverKey,
              certificate: server.certificate,
              population: definition.population,
              engine: options.engine,
              seed: options.seed,
              clients,
            },
            (message) => {
              if (message.type !== "failed") return;
              fail(
                new TributaryError(
                  "TRAINING_FAILED",
                  `Client ${message.client ?? 0} withdrew: ${message.message}`,
                ),
              );
            },
            fail,
          ),
        ),
      )),
    );
    await finished;
    const last = rounds.at(-1)!;
    const reports = rounds.reduce((sum, round) => sum + round.reported, 0);
    return {
      rounds: rounds.length,
      score: scores.get(last.number) ?? {},
      bytesUpPerClientRound: Math.round(rounds.reduce((sum, r) => sum + r.bytesUp, 0) / reports),
      bytesDownPerClientRound: Math.round(
        rounds.reduce((sum, r) => sum + r.bytesDown, 0) / reports,
      ),
      float32Bytes: layout.size * 4,
      checkpoint: last.checkpoint!,
      checkpointBytes: (await server.storage.checkpoints.get(last.checkpoint!))!,
      task,
      elapsedMs: Date.now() - startedAtMs,
    };
  } finally {
    options.signal.removeEventListener("abort", onAbort);
    await withdrawAddress();
    await server.close();
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
}

/** A demo that was killed has left its task running: its population is wanted for the new one. */
async function cancelEarlierTasks(server: TributaryServer, population: string): Promise<void> {
  for (const task of await server.storage.rounds.tasks()) {
    if (task.population === population && (task.state === "running" || task.state === "paused")) {
      await server.coordinator.cancelTask(task.id);
    }
  }
}

function abandoned(round: RoundRecord): TributaryError {
  return new TributaryError(
    "TRAINING_FAILED",
    `Round ${round.number} was abandoned: ${round.reason}`,
    { remedy: "Run the demo with --verbose to see why clients left." },
  );
}
