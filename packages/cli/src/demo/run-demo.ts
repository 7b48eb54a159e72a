import { availableParallelism } from "node:os";
import type { Examples } from "@tributary/client-sdk";
import { TributaryError, seededRandom, type TaskDefinition } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import type { RoundRecord } from "@tributary/server";
import { ServedTask, threadPool, type TrainerPool } from "@tributary/simulator";
import { loadInitialModel, type InitialModel } from "@tributary/simulator/files";
import { tryModel } from "../model-trial/model-trial.ts";
import type { DemoData } from "./demo-data.ts";
import type { DemoObserver } from "./demo-observer.ts";
import type { DemoOptions } from "./demo-options.ts";
import { sumUp, type DemoResult } from "./demo-result.ts";
import { cancelEarlierTasks, startDemoServer } from "./demo-server.ts";
import { loadDemoData } from "./load-demo-data.ts";
import { demoTask, fitTask } from "./demo-task.ts";
import { TrainingProgress, type Score } from "./training-progress.ts";

/**
 * Runs a whole federated training on this machine: a real server, real clients in worker threads,
 * real sockets.
 * @throws TributaryError `ABORTED` when the demo is stopped or its task is cancelled. An error that
 *   keeps a client from taking part is thrown with its own code, and so are errors of the data, the
 *   task, the model and the server.
 */
export async function runDemo(options: DemoOptions, observer: DemoObserver): Promise<DemoResult> {
  const startedAtMs = Date.now();
  const { data, definition, model } = await prepareTraining(options);
  const progress = new TrainingProgress(definition, observer, options.scoreEveryRounds);
  const fail = (error: Error): void => progress.fail(error);
  options.signal.addEventListener("abort", () => fail(stopped()), { once: true });

  const clients = data.clients.length;
  const running = await startDemoServer(options, definition, clients);
  const { server } = running;
  server.events.subscribe((event) => progress.follow(event));
  const scorer = scorerOf(data.test);
  let served: ServedTask | undefined;
  try {
    await cancelEarlierTasks(server, definition.population);
    const { trainer, seed } = options;
    const threads = Math.min(clients, options.threads ?? availableParallelism());
    served = await ServedTask.create(
      server,
      { task: definition, model, seed, clients, trainer },
      {
        ...{ pool: scorer, scoring: options.scoring, crypto: createNodeCryptoProvider() },
        ...{ threads, onFailure: fail },
      },
    );
    const { record: task } = served;
    observer.started({ server, task, data, threads, seed });

    const scoring: Scoring = { served, startedAtMs, observer };
    progress.begin(task.id, (round, isDue) => {
      if (!isDue) return observer.round(round, {}, Date.now() - startedAtMs);
      scoreRound(round, scoring).then((score) => progress.addScore(round, score), fail);
    });
    served.start(data.clients, "always").catch(fail);
    await progress.over;
    return await sumUp(progress, task, server, { clients, elapsedMs: Date.now() - startedAtMs });
  } finally {
    await running.close();
    await Promise.all([scorer.close(), served?.close()]);
  }
}

interface Preparation {
  readonly data: DemoData;
  readonly definition: TaskDefinition;
  /** The model that the training begins with. */
  readonly model: InitialModel;
}

/** Loads the data and deals it out to the clients, and chooses the task and its initial model. */
async function prepareTraining(options: DemoOptions): Promise<Preparation> {
  const { clients, by, rounds, task } = options;
  const contract = task?.examples ?? undefined;
  const random = seededRandom(createNodeCryptoProvider(), options.seed);
  const data = await loadDemoData(
    {
      ...{ source: options.data, tables: options.tables },
      ...(contract === undefined || contract.type === "text" ? {} : { contract }),
      ...(clients === undefined ? {} : { clients }),
      ...(by === undefined ? {} : { by }),
    },
    random,
  );
  const definition = task === undefined ? demoTask(data, options) : fitTask(task, data, rounds);
  const model = await loadInitialModel(definition, random.derive("model"));
  // Clients would stay away from a model that they cannot train, and the demo would wait for them.
  if ("path" in definition.model) await tryModel(definition, model);
  if (options.signal.aborted) throw stopped();
  return { data, definition, model };
}

const stopped = (): TributaryError => new TributaryError("ABORTED", "The demo was stopped");

/** A thread that scores checkpoints on held-out examples, and has no clients. */
function scorerOf(test: Examples): TrainerPool {
  const nobody = { rows: new Uint32Array(0), offsets: new Uint32Array(1) };
  return threadPool({ name: "held-out", train: test, test, classCount: 0, partition: nobody }, 1);
}

/** Scores the checkpoint of a committed round, and shows the round. */
async function scoreRound(
  round: RoundRecord,
  { served, startedAtMs, observer }: Scoring,
): Promise<Score> {
  const weights = await served.weightsOf(round.checkpoint!);
  const metrics = await served.score(round, weights, new AbortController().signal);
  const elapsedMs = Date.now() - startedAtMs;
  observer.round(round, metrics, elapsedMs);
  return { metrics, elapsedMs };
}

interface Scoring {
  readonly served: ServedTask;
  readonly startedAtMs: number;
  readonly observer: DemoObserver;
}
