import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  TributaryError,
  parseTask,
  type RandomSource,
  type TaskDefinition,
} from "@tributary/protocol";
import type { Examples } from "@tributary/client-sdk";
import { drawWriters, loadFolder, partitionIid } from "@tributary/simulator";

/** What a demo trains on: one client each, and what scores the model. */
export interface DemoData {
  readonly name: string;
  readonly clients: readonly Examples[];
  readonly test: Examples;
  readonly classCount: number;
}

/**
 * The demo's data: `writers` is drawn on the spot, `mnist` is looked for where `tributary data fetch` puts it,
 * anything else is a folder or a CSV file.
 * @throws TributaryError `DATA_UNREADABLE`.
 */
export async function loadDemoData(
  source: string,
  clients: number,
  random: RandomSource,
): Promise<DemoData> {
  if (source === "writers") {
    const drawn = drawWriters({ random: random.derive("writers"), writers: clients });
    return { name: "writers", classCount: 10, ...drawn };
  }
  const dataset = await loadFolder(source === "mnist" ? findMnist() : source);
  if (dataset.train.count < clients) {
    throw new TributaryError(
      "DATA_UNREADABLE",
      `${source} has ${dataset.train.count} examples, fewer than the ${clients} clients`,
      { remedy: "Ask for fewer clients." },
    );
  }
  return {
    name: dataset.name,
    clients: partitionIid(dataset.train, clients, random.derive("partition")),
    test: dataset.test,
    classCount: dataset.classCount,
  };
}

function findMnist(): string {
  const folders = ["./data/mnist"];
  const shared = process.env["TRIBUTARY_DATA"];
  if (shared !== undefined) folders.push(join(shared, "mnist"));
  const found = folders.find((folder) => existsSync(folder));
  if (found === undefined) {
    throw new TributaryError("DATA_UNREADABLE", "MNIST is not here", {
      remedy:
        "`tributary data fetch mnist` downloads it to ./data/mnist; or give a folder that has it.",
    });
  }
  return found;
}

/** The task that a demo runs when no task file is given: the 2NN of McMahan et al. on digits, all clients in every round. */
export function demoTask(data: DemoData, clients: number, rounds: number): TaskDefinition {
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
