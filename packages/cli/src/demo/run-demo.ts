import { availableParallelism } from "node:os";
import type { Examples } from "@tributary/client-sdk";
import {
  TributaryError,
  decodeCheckpoint,
  decodePlan,
  layoutOf,
  seededRandom,
  type Plan,
  type TaskDefinition,
} from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import type { RoundRecord, TaskRecord, TributaryServer } from "@tributary/server";
import {
  ClientThreads,
  DrawnCohorts,
  ThreadPool,
  scoreOfParts,
  type TrainerPool,
} from "@tributary/simulator";
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
  const { data, definition, model, cohorts } = await prepareTraining(options);
  const progress = new TrainingProgress(definition, observer);
  const fail = (error: Error): void => progress.fail(error);
  options.signal.addEventListener("abort", () => fail(stopped()), { once: true });

  const running = await startDemoServer(options, definition, data.clients.length);
  const { server } = running;
  server.events.subscribe((event) => progress.follow(event));
  const threads: { close(): Promise<void> }[] = [];
  try {
    await cancelEarlierTasks(server, definition.population);
    const task = await server.coordinator.createTask(definition, model.description, model.values);
    const threadCount = Math.min(data.clients.length, options.threads ?? availableParallelism());
    observer.started({ server, task, data, threads: threadCount, seed: options.seed });

    const scorer = scorerOf(data.test);
    threads.push(scorer);
    const { trainer, seed } = options;
    const loaded = scorer.begin({
      ...{ planBytes: task.planBytes, trainer, seed, heldOut: 0, weighting: definition },
    });
    const heldOut = data.test.count;
    const plan = decodePlan(task.planBytes);
    const judge: Judge = { scorer, server, task, plan, heldOut, startedAtMs, observer };
    progress.begin(task.id, (round) => {
      scoreRound(round, judge).then((score) => progress.addScore(round, score), fail);
    });
    // If the engine cannot be loaded, the demo ends here, before any client starts.
    await Promise.race([loaded, progress.over]);

    const clients = new ClientThreads(threadCount, fail);
    threads.push(clients);
    clients.make(server, definition, data.clients, options);
    if (cohorts.arePartial) {
      server.events.subscribe((event) => {
        if (event.type !== "round-opened") return;
        clients.takePart({ clients: cohorts.draw(event.purpose), rounds: 1 });
      });
    }
    await server.coordinator.startTask(task.id);
    if (!cohorts.arePartial) clients.takePart({});
    await progress.over;
    return await sumUp(progress, task, server, {
      clients: data.clients.length,
      elapsedMs: Date.now() - startedAtMs,
    });
  } finally {
    await running.close();
    await Promise.all(threads.map((thread) => thread.close()));
  }
}

interface Preparation {
  readonly data: DemoData;
  readonly definition: TaskDefinition;
  /** The model that the training begins with. */
  readonly model: InitialModel;
  readonly cohorts: DrawnCohorts;
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
  const definition =
    task === undefined ? demoTask(data, options) : fitTask(task, data.clients.length, rounds);
  const model = await loadInitialModel(definition, random.derive("model"));
  // Clients would stay away from a model that they cannot train, and the demo would wait for them.
  if ("path" in definition.model) await tryModel(definition, model);
  if (options.signal.aborted) throw stopped();
  const cohorts = new DrawnCohorts(definition, data.clients.length, random.derive("cohorts"));
  return { data, definition, model, cohorts };
}

const stopped = (): TributaryError => new TributaryError("ABORTED", "The demo was stopped");

/** A thread that scores checkpoints on held-out examples, and has no clients. */
function scorerOf(test: Examples): ThreadPool {
  const nobody = { rows: new Uint32Array(0), offsets: new Uint32Array(1) };
  return new ThreadPool(
    { name: "held-out", train: test, test, classCount: 0, partition: nobody },
    1,
  );
}

/** All that it takes to score the checkpoint of a round. */
interface Judge {
  readonly scorer: TrainerPool;
  readonly server: TributaryServer;
  readonly task: TaskRecord;
  readonly plan: Plan;
  /** How many held-out examples the scorer has. */
  readonly heldOut: number;
  readonly startedAtMs: number;
  readonly observer: DemoObserver;
}

/**
 * Scores the checkpoint of a committed round. If the operator judges the task, the server is told
 * the score too.
 */
async function scoreRound(round: RoundRecord, judge: Judge): Promise<Score> {
  const { scorer, server, task, plan, heldOut, startedAtMs, observer } = judge;
  const checkpoint = (await server.storage.checkpoints.get(round.checkpoint!))!;
  const weights = decodeCheckpoint(checkpoint, layoutOf(plan.model.parameters));
  const metrics = scoreOfParts(plan, await scorer.score(weights, new AbortController().signal));
  const elapsedMs = Date.now() - startedAtMs;
  observer.round(round, metrics, elapsedMs);
  if (task.definition.evaluation.judgedBy === "operator") {
    const measured = { roundNumber: round.number, exampleCount: heldOut, metrics };
    await server.coordinator.recordEvaluation(task.id, measured);
  }
  return { metrics, elapsedMs };
}
