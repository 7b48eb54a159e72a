import { TributaryError, parseTask, type TaskDefinition } from "@tributary/protocol";
import type { DemoData } from "./demo-data.ts";

/** Rounds of a demo that are neither asked for nor in a task file. */
const DEFAULT_ROUNDS = 12;

/**
 * The task that a demo runs when no task file is given: the 2NN of McMahan et al. on digits, all clients in every
 * round.
 * @throws TributaryError `TASK_INVALID` when the data does not fit that model.
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
    eligibility: { minimumExamples: 1 },
    stop: { rounds },
  });
}

/**
 * Fits a task file to a demo: the given number of rounds, if one is given, and no cohort larger than the demo, which
 * would wait for clients that never come.
 * @throws TributaryError `TASK_INVALID` when a round wants more reports than there are clients.
 */
export function fitTask(task: TaskDefinition, clients: number, rounds?: number): TaskDefinition {
  const { goalCount, overselection } = task.round;
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
    round: { ...task.round, overselection: Math.min(overselection, clients / goalCount) },
    evaluation:
      evaluation.goalCount === undefined
        ? evaluation
        : { ...evaluation, goalCount: Math.min(evaluation.goalCount, clients) },
    stop: rounds === undefined ? task.stop : { ...task.stop, rounds },
  };
}
