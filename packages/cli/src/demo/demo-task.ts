import {
  TributaryError,
  parseTask,
  shapeSize,
  type TableContract,
  type TaskDefinition,
} from "@tributary/protocol";
import { areOfText } from "../datasets/text-reader.ts";
import type { DemoData } from "./demo-data.ts";
import type { DemoOptions } from "./demo-options.ts";

/** How many rounds a demo runs if neither the user nor a task file says so. */
const DIGIT_ROUNDS = 12;
const TABLE_ROUNDS = 30;
const TEXT_ROUNDS = 24;

/** What the user has said about the demo's own task. */
export type DemoTaskChoices = Pick<DemoOptions, "rounds" | "fedsgd" | "serverOptimizer">;

/**
 * The task that a demo runs if no task file is given. All clients are in every round; on text, a half
 * that is drawn, since more and smaller rounds learn more of as many passes. On digits it
 * trains the 2NN of McMahan et al. (arXiv:1602.05629), on tables the builtin model `mlp`, and on text
 * the builtin model `char-transformer`.
 * @throws TributaryError `TASK_INVALID` when the data is nothing of these; `BAD_PARAMETER` when
 *   FedSGD is asked for on data that is not of tables.
 */
export function demoTask(data: DemoData, choices: DemoTaskChoices = {}): TaskDefinition {
  const { rounds, fedsgd, serverOptimizer = {} } = choices;
  const clients = data.clients.length;
  const kind = kindOf(data, fedsgd === true);
  return parseTask({
    population: "demo",
    name: `demo-${taskName(data.name)}`,
    ...kind.sections,
    round: {
      goalCount: areOfText(data.test) ? halfOf(clients) : clients,
      overselection: 1,
      minimumFraction: 1,
      selectionTimeoutMs: 600_000,
      reportingTimeoutMs: 600_000,
    },
    // The clients are the demo's own, so that what they claim is true.
    maximumExamples: 1_048_576,
    eligibility: { minimumExamples: 1 },
    serverOptimizer,
    stop: { rounds: rounds ?? kind.rounds },
  });
}

/** Half of the clients, but two at least if there are so many: the mean of one hides nothing. */
const halfOf = (clients: number): number => Math.min(clients, Math.max(2, Math.ceil(clients / 2)));

/** The sections of the task that depend on the data, and how many rounds it runs. */
function kindOf(
  data: DemoData,
  fedsgd: boolean,
): { readonly sections: object; readonly rounds: number } {
  if (data.contract !== undefined) {
    const training = fedsgd ? oneStep(data) : PASSES;
    return { sections: tableTask(data.contract, training), rounds: TABLE_ROUNDS };
  }
  if (fedsgd) {
    throw new TributaryError("BAD_PARAMETER", `--fedsgd is given, but ${data.name} is no table`, {
      remedy: "Leave it out, or give a task file: --task FILE.",
    });
  }
  if (areOfText(data.test)) return { sections: textTask(data), rounds: TEXT_ROUNDS };
  return { sections: digitTask(data), rounds: DIGIT_ROUNDS };
}

/** The name of a data set in the form that names of tasks have. */
const taskName = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, "-")
    .slice(0, 40);

function digitTask(data: DemoData): object {
  const shape = data.test.featureShape;
  if (shapeSize(shape) !== 784 || data.classCount !== 10) {
    throw new TributaryError(
      "TASK_INVALID",
      `${data.name} has examples of shape [${shape.join(", ")}] and ${data.classCount} classes, which the demo's model does not take`,
      { remedy: "Give a task file with a model for this data: --task FILE." },
    );
  }
  return {
    model: { builtin: "mcmahan-2nn" },
    plan: {
      localEpochs: 1,
      batchSize: 20,
      optimizer: { name: "sgd", learningRate: 0.1 },
      loss: "categoricalCrossentropy",
      metrics: ["accuracy"],
      update: { codec: "uniform", bits: 8 },
    },
  };
}

function textTask({ test, classCount }: DemoData): object {
  return {
    model: {
      builtin: "char-transformer",
      vocabulary: classCount,
      window: test.featureShape[0],
    },
    plan: {
      localEpochs: 1,
      batchSize: 4,
      optimizer: { name: "adam", learningRate: 0.001 },
      loss: "sparseCategoricalCrossentropy",
      metrics: ["perplexity", "accuracy"],
      update: { codec: "uniform", bits: 8 },
    },
  };
}

/** Federated averaging: some passes, so that few rounds are enough. */
const PASSES = {
  localEpochs: 2,
  batchSize: 16,
  optimizer: { name: "adam", learningRate: 0.003 },
};

/**
 * FedSGD (arXiv:1602.05629 §2): the mean of all clients' steps is the step of all their examples in
 * one place. Clients whose labels hardly vary would learn nothing but their own label in a pass.
 */
function oneStep({ clients }: DemoData): object {
  return {
    localEpochs: 1,
    batchSize: Math.max(...clients.map(({ count }) => count)),
    optimizer: { name: "sgd", learningRate: 0.2 },
  };
}

function tableTask(contract: TableContract, training: object): object {
  const { classes } = contract.label;
  return {
    model: { builtin: "mlp" },
    examples: contract,
    plan: {
      ...training,
      ...(classes === undefined
        ? { loss: "meanSquaredError", metrics: ["meanAbsoluteError", "meanSquaredError"] }
        : { loss: "categoricalCrossentropy", metrics: ["accuracy"] }),
      update: { codec: "uniform", bits: 8 },
    },
  };
}

/**
 * Fits a task file to a demo. The user may have asked for another number of rounds. No cohort may be
 * larger than the number of clients, because a round would wait for clients that never come. And a
 * task about tables that has no data contract gets the one that the demo has drafted from its data.
 * @throws TributaryError `TASK_INVALID` when a round needs more reports than there are clients, or the
 *   task cannot be about this data.
 */
export function fitTask(
  task: TaskDefinition,
  { clients: { length: clients }, contract }: Pick<DemoData, "clients" | "contract">,
  rounds?: number,
): TaskDefinition {
  const { goalCount } = task.round;
  const { evaluation } = task;
  if (goalCount > clients) {
    throw new TributaryError(
      "TASK_INVALID",
      `A round of "${task.name}" wants ${goalCount} reports and the demo has ${clients} clients`,
      { remedy: `Give --clients ${goalCount} or more, or lower round.goalCount of the task.` },
    );
  }
  const fitted: TaskDefinition = {
    ...task,
    // The demo's own clients do not fail. With spare ones, the quickest would count by chance.
    round: { ...task.round, overselection: 1 },
    evaluation:
      evaluation.goalCount === undefined
        ? evaluation
        : { ...evaluation, goalCount: Math.min(evaluation.goalCount, clients) },
    stop: rounds === undefined ? task.stop : { ...task.stop, rounds },
  };
  return contract === undefined || task.examples !== null
    ? fitted
    : parseTask({ ...fitted, examples: contract });
}
