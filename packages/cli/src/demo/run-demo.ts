import { availableParallelism } from "node:os";
import { join } from "node:path";
import {
  DEFAULT_LIMITS,
  TributaryError,
  layoutOf,
  decodePlan,
  reachesTarget,
  seededRandom,
  type CheckpointId,
  type TaskDefinition,
  type Limits,
} from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import {
  startServer,
  type CoordinatorEvent,
  type RoundRecord,
  type TaskRecord,
  type TributaryServer,
} from "@tributary/server";
import type { TrainerOptions } from "@tributary/client-sdk";
import type { CsvOptions } from "@tributary/simulator";
import { announceAdmin } from "../admin-client.ts";
import { loadInitialModel } from "../task-file.ts";
import { loadDemoData, type DemoData } from "./demo-data.ts";
import { demoTask, fitTask } from "./demo-task.ts";
import { startThread, type DemoThread } from "./threads.ts";

export interface DemoOptions {
  /** `writers`, `mnist`, or the path of a folder or CSV file. */
  readonly data: string;
  /** How to read CSV files. */
  readonly csv?: CsvOptions;
  readonly clients: number;
  /** Instead of those of the task. */
  readonly rounds?: number;
  /** Replaces the demo's own task. */
  readonly task?: TaskDefinition;
  /** Threads that run the clients; one a core unless set. They change nothing in the result. */
  readonly threads?: number;
  readonly seed: number;
  readonly trainer: TrainerOptions;
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
  /** The round is tried again. */
  abandoned(round: RoundRecord): void;
}

export interface DemoResult {
  readonly rounds: number;
  /** Metrics of the last checkpoint on the held-out examples. */
  readonly score: Readonly<Record<string, number>>;
  readonly bytesUpPerClientRound: number;
  readonly bytesDownPerClientRound: number;
  /** When the score of a round's checkpoint first reached the task's target; only of a task that is judged by its operator. */
  readonly target: { readonly round: number; readonly elapsedMs: number } | undefined;
  /** Bytes of one update as plain float32, for comparison. */
  readonly float32Bytes: number;
  readonly checkpoint: CheckpointId;
  readonly checkpointBytes: Uint8Array;
  readonly task: TaskRecord;
  readonly elapsedMs: number;
}

/**
 * Runs a whole federated training on this machine: a real server, real clients in worker threads, real sockets.
 * @throws TributaryError `ABORTED` when it is stopped or its task cancelled; what keeps a client from its part; the
 *   errors of the data, the task, the model and the server.
 */
export async function runDemo(options: DemoOptions, observer: DemoObserver): Promise<DemoResult> {
  const startedAtMs = Date.now();
  const { clients, signal } = options;
  const random = seededRandom(createNodeCryptoProvider(), options.seed);
  const data = await loadDemoData(options.data, clients, random, options.csv);
  const definition =
    options.task === undefined
      ? demoTask(data, clients, options.rounds)
      : fitTask(options.task, clients, options.rounds);
  const model = await loadInitialModel(definition, random.derive("model"));
  if (signal.aborted) throw stopped();

  const rounds: RoundRecord[] = [];
  const scores = new Map<number, Record<string, number>>();
  let target: DemoResult["target"];
  const threads: DemoThread[] = [];
  let settle: { resolve(): void; reject(error: Error): void } | undefined;
  const finished = new Promise<void>((resolve, reject) => (settle = { resolve, reject }));
  finished.catch(() => {}); // it is awaited below, after the set-up that may fail first
  const fail = (error: Error): void => settle?.reject(error);
  /**
   * The task has ended and its last checkpoint is scored: a task that ends with an evaluation is scored before. The round that is
   * in flight when that checkpoint turns out to have reached the target is given up, and the task ends with the server.
   */
  const settleIfDone = (): void => {
    const last = rounds.at(-1);
    if (last === undefined || !scores.has(last.number)) return;
    if ((taskFinished && !isTraining) || target?.round === last.number) settle?.resolve();
  };
  const onAbort = (): void => fail(stopped());
  signal.addEventListener("abort", onAbort);

  let task: TaskRecord | undefined;
  let taskFinished = false;
  /** A training round has a cohort; the task may have been finished before its last one is told of. */
  let isTraining = false;
  let cohort = 0;
  let roundNumber = 0;
  let committed = (_round: RoundRecord): void => {};
  const onEvent = (event: CoordinatorEvent): void => {
    if (event.type === "report-accepted") observer.report(roundNumber, event.accepted, cohort);
    if (task === undefined) return;
    if (event.type === "round-started" && event.taskId === task.id) {
      if (event.purpose !== "training") return;
      isTraining = true;
      ({ roundNumber, cohort } = event);
      observer.report(roundNumber, 0, cohort);
    } else if (event.type === "task-state" && event.taskId === task.id) {
      taskFinished = event.state === "finished";
      settleIfDone();
      if (event.state === "cancelled")
        fail(new TributaryError("ABORTED", "The task was cancelled"));
    } else if (event.type === "round-ended" && event.round.taskId === task.id) {
      if (event.round.kind !== "training") return;
      isTraining = false;
      if (event.round.outcome === "committed") committed(event.round);
      else if (event.round.reason === "too-few-left") {
        // Clients that left have said why, or will have in a moment: their words come another way.
        setTimeout(() => fail(tooFewLeft(event.round)), REASONS_GRACE_MS).unref();
      } else if (!GIVEN_UP.has(event.round.reason ?? "")) observer.abandoned(event.round);
      settleIfDone();
    }
  };
  const server = await startServer(
    {
      dataDir: options.dataDir,
      port: options.port,
      adminPort: options.adminPort,
      logLevel: options.logLevel,
      limits: limitsFor(clients),
      ...(options.databaseUrl === undefined ? {} : { databaseUrl: options.databaseUrl }),
    },
    { onEvent },
  );
  const withdrawAddress = await announceAdmin(options.dataDir, {
    url: server.adminUrl,
    certPath: join(options.dataDir, "tls", "cert.pem"),
  });
  try {
    await cancelEarlierTasks(server, definition.population);
    task = await server.coordinator.createTask(definition, model.description, model.values);
    const { planBytes } = task;
    const layout = layoutOf(decodePlan(planBytes).model.parameters);
    const threadCount = Math.min(clients, options.threads ?? availableParallelism());
    observer.started({ server, task, data, threads: threadCount, seed: options.seed });

    const { id: taskId } = task;
    const exampleCount = data.test.count;
    const isJudge = definition.evaluation.judgedBy === "operator";
    const scored = async (roundNumber: number, metrics: Record<string, number>): Promise<void> => {
      const elapsedMs = Date.now() - startedAtMs;
      const round = rounds.find((candidate) => candidate.number === roundNumber);
      if (round !== undefined) observer.round(round, metrics, elapsedMs);
      if (isJudge) {
        if (reachesTarget(definition, metrics)) target ??= { round: roundNumber, elapsedMs };
        await server.coordinator.recordEvaluation(taskId, { roundNumber, exampleCount, metrics });
      }
      scores.set(roundNumber, metrics);
      settleIfDone();
    };
    const scorer = startThread(
      { role: "scorer", trainer: options.trainer, examples: data.test },
      (message) => {
        if (message.type === "score") scored(message.id, message.metrics).catch(fail);
      },
      fail,
    );
    threads.push(scorer);
    committed = (round) => {
      rounds.push(round);
      void server.storage.checkpoints.get(round.checkpoint!).then((checkpoint) => {
        scorer.worker.postMessage({ id: round.number, planBytes, checkpoint });
      }, fail);
    };
    await Promise.race([scorer.ready, finished]);

    await server.coordinator.startTask(task.id);
    for (let thread = 0; thread < threadCount; thread++) {
      const share = data.clients
        .map((examples, index) => ({ index, examples }))
        .filter(({ index }) => index % threadCount === thread);
      threads.push(
        startThread(
          {
            role: "clients",
            url: server.url,
            serverKey: server.serverKey,
            certificate: server.certificate,
            population: definition.population,
            trainer: options.trainer,
            seed: options.seed,
            holdOut: definition.evaluation.everyRounds === null ? 0 : HELD_OUT_SHARE,
            clients: share,
          },
          () => {},
          fail,
        ),
      );
    }
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
      target,
      float32Bytes: layout.size * 4,
      checkpoint: last.checkpoint!,
      checkpointBytes: (await server.storage.checkpoints.get(last.checkpoint!))!,
      task,
      elapsedMs: Date.now() - startedAtMs,
    };
  } finally {
    signal.removeEventListener("abort", onAbort);
    await withdrawAddress();
    await server.close();
    await Promise.all(threads.map(({ worker }) => worker.terminate()));
  }
}

/** All clients of a demo come from one address. */
function limitsFor(clients: number): Partial<Limits> {
  const { maxConnectionsPerAddress, connectionBurstPerAddress, requestBurstPerAddress } =
    DEFAULT_LIMITS;
  return {
    maxConnectionsPerAddress: Math.max(maxConnectionsPerAddress, clients),
    connectionBurstPerAddress: Math.max(connectionBurstPerAddress, clients),
    requestBurstPerAddress: Math.max(requestBurstPerAddress, 4 * clients),
  };
}

/** A demo that was killed has left its task running: its population is wanted for the new one. */
async function cancelEarlierTasks(server: TributaryServer, population: string): Promise<void> {
  for (const task of await server.storage.rounds.tasks()) {
    if (task.population === population && (task.state === "running" || task.state === "paused")) {
      await server.coordinator.cancelTask(task.id);
    }
  }
}

/** What each client holds out when the task lets clients evaluate. */
const HELD_OUT_SHARE = 0.1;
/** How long the clients that ended a round may take to say why, milliseconds. */
const REASONS_GRACE_MS = 2_000;
/** Reasons for which a round is given up at the end of the demo, which nobody needs to hear. */
const GIVEN_UP: ReadonlySet<string> = new Set(["cancelled", "server-stopping"]);

function tooFewLeft(round: RoundRecord): TributaryError {
  return new TributaryError(
    "TRAINING_FAILED",
    `Too few clients were left in round ${round.number} to end it`,
    { remedy: "Run the demo with --verbose to see the server's log." },
  );
}

const stopped = (): TributaryError => new TributaryError("ABORTED", "The demo was stopped");
