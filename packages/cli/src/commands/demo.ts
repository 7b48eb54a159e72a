import { randomInt } from "node:crypto";
import { join } from "node:path";
import { Command, Option } from "commander";
import type { EngineName, TrainerOptions } from "@tributary/client-sdk";
import {
  decodeCheckpoint,
  decodePlan,
  layoutOf,
  serverOptimizerNames,
  type ServerOptimizerSpec,
  type TaskDefinition,
} from "@tributary/protocol";
import { publishedNames } from "@tributary/simulator/names";
import {
  tableChoices,
  withTableOptions,
  type TableChoices,
  type TableFlags,
} from "../datasets/table-flags.ts";
import type { DemoOptions } from "../demo/demo-options.ts";
import type { DemoResult } from "../demo/demo-result.ts";
import { demoSummary, describeSummary } from "../demo/demo-summary.ts";
import { showProgress } from "../demo/show-progress.ts";
import { makeDataFolder } from "../files/data-folder.ts";
import { readTaskFile } from "@tributary/simulator/files";
import { writeTfjsFolder } from "../files/tfjs-folder.ts";
import {
  backendOption,
  engineOption,
  finiteNumber,
  wholeNumber,
  windowOption,
} from "../terminal/options.ts";
import { createOutput } from "../terminal/output.ts";
import { stopSignal } from "../terminal/stop-signal.ts";

interface DemoFlags extends TableFlags {
  readonly data: string;
  readonly clients?: number;
  readonly by?: string;
  readonly rounds?: number;
  readonly fedsgd?: true;
  readonly serverOptimizer?: ServerOptimizerSpec["name"];
  readonly serverLearningRate?: number;
  readonly task?: string;
  readonly threads?: number;
  readonly seed?: number;
  readonly scoreEvery: number;
  readonly engine: EngineName;
  readonly backend: NonNullable<TrainerOptions["backend"]>;
  readonly dataDir: string;
  readonly port: number;
  readonly adminPort: number;
  readonly databaseUrl?: string;
  readonly verbose?: true;
  readonly json?: true;
}

export function demoCommand(): Command {
  return withDemoOptions(new Command("demo")).action(async (flags: DemoFlags) => {
    const output = createOutput(flags.json === true);
    const aborter = new AbortController();
    void stopSignal().then(() => aborter.abort());
    await makeDataFolder(flags.dataDir);
    const seed = flags.seed ?? randomInt(2 ** 31);
    const options = await demoOptions(flags, seed, aborter.signal);
    // Loaded only here, so that other commands start faster.
    const { runDemo } = await import("../demo/run-demo.ts");
    const result = await runDemo(options, showProgress(output));
    const model = await exportModel(result, join(flags.dataDir, "model"));
    const summary = demoSummary(result, { seed, model });
    output.result(summary, describeSummary(summary, isRepeatable(result)));
  });
}

function withDemoOptions(command: Command): Command {
  return withTableOptions(
    command
      .description(
        "Watch a whole federated training on this machine. The demo starts a real server and real clients that train over real sockets.",
      )
      .option(
        "--data <source>",
        `what to train on: writers (digits that the demo draws itself), ${publishedNames.join(", ")}, or the path of a folder, of a file with a table or of a text`,
        "writers",
      )
      .option(
        "--clients <count>",
        "number of clients; they run in worker threads (default: 20)",
        wholeNumber(1, 10_000),
      )
      .addOption(
        new Option(
          "--by <column>",
          "column of the table whose values are the clients, such as a hospital; or file, if each table of a folder is a client",
        ).conflicts("clients"),
      )
      .option(
        "--rounds <count>",
        "rounds of training (default: those of the task, else 12)",
        wholeNumber(1),
      )
      .addOption(
        new Option(
          "--fedsgd",
          "on tables: each client takes one step a round over all of its examples (FedSGD) in place of two passes in small batches; for clients whose labels hardly vary, and with more rounds",
        ).conflicts("task"),
      )
      .addOption(
        new Option(
          "--server-optimizer <name>",
          "how the server makes the next checkpoint of the round's update (default: fedavg)",
        )
          .choices(serverOptimizerNames)
          .conflicts("task"),
      )
      .addOption(
        new Option(
          "--server-learning-rate <number>",
          "learning rate of the server optimizer (default: the optimizer's own)",
        )
          .argParser(finiteNumber)
          .conflicts("task"),
      )
      .option("--task <file>", "task file to run in place of the demo's own task")
      .option(
        "--threads <count>",
        "worker threads that run the clients (default: one per core)",
        wholeNumber(1, 1_000),
      )
      .option(
        "--score-every <rounds>",
        "score the checkpoint on the held-out examples after every so many rounds; the last one always is",
        wholeNumber(1),
        1,
      )
      .option(
        "--seed <number>",
        "make the run repeatable: the same seed draws the same clients for each round and gives the same model (default: a random seed)",
        wholeNumber(0),
      )
      .addOption(windowOption())
      .addOption(engineOption())
      .addOption(backendOption())
      .option(
        "--data-dir <folder>",
        "folder for the server's keys, certificate and store, and for the trained model",
        "./.tributary",
      )
      .option(
        "--port <port>",
        "port that the clients connect to; 0 means any free port",
        wholeNumber(0, 65_535),
        0,
      )
      .option(
        "--admin-port <port>",
        "port of the admin API; 0 means any free port",
        wholeNumber(0, 65_535),
        0,
      )
      .option("--database-url <url>", "Postgres database to use in place of the embedded store")
      .option("--verbose", "show the server's log")
      .option("--json", "print the result as one line of JSON"),
  ).addHelpText("after", EXAMPLES);
}

const EXAMPLES = `
Examples:
  tributary demo                               20 clients learn to read digits
  tributary demo --clients 100 --seed 7        more clients, and a run that can be repeated
  tributary demo --data patients.csv --label outcome --by hospital
                                               each hospital of a table is a client
  tributary demo --data shakespeare --clients 10
                                               each role is a client, and the model writes on
  tributary demo --task examples/tasks/mnist-cnn.yaml --data mnist
                                               your own task (see docs/task-file.md) on MNIST`;

async function demoOptions(
  flags: DemoFlags,
  seed: number,
  signal: AbortSignal,
): Promise<DemoOptions> {
  const { data, clients, by, rounds, threads, engine, backend, dataDir, port, adminPort } = flags;
  // The environment variable DATABASE_URL is not read here. A demo cancels earlier tasks of its
  // population, and that must not happen to a production database by accident.
  const { databaseUrl, serverOptimizer, serverLearningRate } = flags;
  const task: TaskDefinition | undefined =
    flags.task === undefined ? undefined : await readTaskFile(flags.task);
  return {
    ...{ data, seed, dataDir, port, adminPort, signal },
    tables: await demoTables(flags, task),
    ...(clients === undefined ? {} : { clients }),
    ...(by === undefined ? {} : { by }),
    ...(flags.fedsgd === true ? { fedsgd: true } : {}),
    serverOptimizer: {
      ...(serverOptimizer === undefined ? {} : { name: serverOptimizer }),
      ...(serverLearningRate === undefined ? {} : { learningRate: serverLearningRate }),
    },
    // The same seed gives the same bits, on whatever machine.
    trainer: { engine, backend, repeatable: true },
    // A score may end the training, so that it must repeat where somebody has named a seed.
    scoring: { engine, backend, repeatable: flags.seed !== undefined },
    scoreEveryRounds: flags.scoreEvery,
    logLevel: flags.verbose === true ? "info" : "warn",
    ...(rounds === undefined ? {} : { rounds }),
    ...(threads === undefined ? {} : { threads }),
    ...(task === undefined ? {} : { task }),
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
  };
}

/**
 * The demo's own task is for numbers of any size, so that they are scaled unless a task is given. A
 * task for text says how long its windows are.
 */
async function demoTables(
  flags: DemoFlags,
  task: TaskDefinition | undefined,
): Promise<TableChoices> {
  const { reading, draft } = tableChoices(flags);
  if (task === undefined) return { reading, draft: { scaling: "standard", ...draft } };
  const { model, examples } = task;
  if (examples?.type === "text") {
    const { readingUnder } = await import("@tributary/simulator");
    return { reading: readingUnder(examples, reading), draft };
  }
  const isOfText = "builtin" in model && model.builtin === "char-transformer";
  return { reading: isOfText ? { window: model.window, ...reading } : reading, draft };
}

/** Writes the trained model for TensorFlow.js. @returns The folder. */
async function exportModel({ task, checkpointBytes }: DemoResult, folder: string): Promise<string> {
  const { model } = decodePlan(task.planBytes);
  const values = decodeCheckpoint(checkpointBytes, layoutOf(model.parameters));
  await writeTfjsFolder(folder, model, values);
  return folder;
}

/**
 * Whether another run with the same seed gives the same bits. It does not if a score ends the task,
 * because scores come at their own time.
 */
function isRepeatable({ task }: DemoResult): boolean {
  return task.definition.evaluation.judgedBy !== "operator";
}
