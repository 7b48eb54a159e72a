import { TributaryError, parseTask, type TaskDefinition } from "@tributary/protocol";
import type { DemoData } from "./demo-data.ts";

/** How many rounds a demo runs if neither the user nor a task file says so. */
const DEFAULT_ROUNDS = 12;

/**
 * The task that a demo runs if no task file is given. It trains the 2NN of McMahan et al.
 * (arXiv:1602.05629) on digits, with all clients in every round.
 * @throws TributaryError `TASK_INVALID` when the data does not fit this model.
 */
export function demoTask(
  data: DemoData,
  clients: number,
  rounds: number = DEFAULT_ROUNDS,
): TaskDefinition {
  const shape = data.test.featureShape;
  if (shape.reduce((product, size) => product * size, 1) !== 784 || data.classCount !== 10) {
    throw new TributaryError(
      "TASK_INVALID",
      `${data.name} has examples of shape [${shape.join(", ")}] and ${data.classCount} classes, which the demo's model does not take`,
      { remedy: "Give a task file with a model for this data: --task FILE." },
    );
  }
  return parseTask({
    population: "demo",
    name: `demo-${data.name}`,
    model: { builtin: "mcmahan-2nn" },
    plan: {
      localEpochs: 1,
      batchSize: 20,
      optimizer: { name: "sgd", learningRate: 0.1 },
      loss: "categoricalCrossentropy",
      metrics: ["accuracy"],
      update: { codec: "uniform", bits: 8 },
    },
    round: {
      goalCount: clients,
      overselection: 1,
      minimumFraction: 1,
      selectionTimeoutMs: 600_000,
      reportingTimeoutMs: 600_000,
    },
    // The clients are the demo's own, so that what they claim is true.
    maximumExamples: 1_048_576,
    eligibility: { minimumExamples: 1 },
    stop: { rounds },
  });
}

/**
 * Fits a task file to a demo. The user may have asked for another number of rounds. And no cohort
 * may be larger than the number of clients, because a round would wait for clients that never come.
 * @throws TributaryError `TASK_INVALID` when a round needs more reports than there are clients.
 */
export function fitTask(task: TaskDefinition, clients: number, rounds?: number): TaskDefinition {
  const { goalCount } = task.round;
  const { evaluation } = task;
  if (goalCount > clients) {
    throw new TributaryError(
      "TASK_INVALID",
      `A round of "${task.name}" wants ${goalCount} reports and the demo has ${clients} clients`,
      { remedy: `Give --clients ${goalCount} or more, or lower round.goalCount of the task.` },
    );
  }
  return {
    ...task,
    // The demo's own clients do not fail. With spare ones, the quickest would count by chance.
    round: { ...task.round, overselection: 1 },
    evaluation:
      evaluation.goalCount === undefined
        ? evaluation
        : { ...evaluation, goalCount: Math.min(evaluation.goalCount, clients) },
    stop: rounds === undefined ? task.stop : { ...task.stop, rounds },
  };
}
