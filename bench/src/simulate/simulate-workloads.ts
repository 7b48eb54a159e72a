import type { Examples } from "@tributary/client-sdk";
import {
  TributaryError,
  parseTask,
  seededRandom,
  shapeSize,
  xoshiro128,
  type CryptoProvider,
  type RandomSource,
} from "@tributary/protocol";
import type { RunTerms, SimulationData } from "@tributary/simulator";
import { TRAIN_MODELS } from "../train/train-models.ts";

/** The sizes of a simulation whose speed is measured. */
interface WorkloadSizes {
  /** The model, as `bench train` names it. */
  readonly model: string;
  readonly featureShape: readonly number[];
  readonly clients: number;
  readonly examplesPerClient: number;
  /** Clients in a round. */
  readonly cohort: number;
  /** Examples in all. Clients share them when there are fewer than they have together. */
  readonly examples: number;
  readonly learningRate: number;
  /** Rounds before the measured ones, in which the process compiles what it then runs. */
  readonly warmUp: number;
}

const LOGISTIC = { model: "logistic-784-10", featureShape: [784], learningRate: 0.01 };

const CIFAR_CNN = { model: "cifar-cnn", featureShape: [32, 32, 3], learningRate: 0.01 };

/** More than anybody measures. */
const MOST_ROUNDS = 1_000_000;

/** Every client takes part in every round, and no two have an example in common. */
const everybody = (
  clients: number,
  examplesPerClient: number,
): Omit<WorkloadSizes, keyof typeof LOGISTIC | "warmUp"> => ({
  ...{ clients, examplesPerClient },
  ...{ cohort: clients, examples: clients * examplesPerClient },
});

/** Batches of 10, one local epoch, SGD, float32 updates, no scores. */
const WORKLOADS: Readonly<Record<string, WorkloadSizes>> = {
  "lr-50x50": { ...LOGISTIC, ...everybody(50, 50), warmUp: 40 },
  "lr-10x60": { ...LOGISTIC, ...everybody(10, 60), warmUp: 100 },
  "cifar-cnn-50x50": { ...CIFAR_CNN, ...everybody(50, 50), warmUp: 1 },
  "lr-100000": {
    ...LOGISTIC,
    ...{ clients: 100_000, examplesPerClient: 20, cohort: 500, examples: 60_000, warmUp: 5 },
  },
};

/** The names of the workloads. */
export const workloadNames: readonly string[] = Object.keys(WORKLOADS);

/** A simulation whose speed is measured. */
export interface Workload {
  readonly name: string;
  /** Rounds before the measured ones. */
  readonly warmUp: number;
  /** All but the engine, which is chosen when it is measured. */
  readonly terms: Omit<RunTerms, "trainer">;
  readonly data: SimulationData;
}

/**
 * Makes a workload.
 * @param seed - Of the weights, of the examples and of the run.
 * @throws TributaryError `BAD_PARAMETER` when there is no such workload.
 */
export function makeWorkload(name: string, seed: number, crypto: CryptoProvider): Workload {
  const sizes = WORKLOADS[name];
  if (sizes === undefined) {
    throw new TributaryError("BAD_PARAMETER", `There is no workload ${name}`, {
      remedy: `Use one of ${workloadNames.join(", ")}.`,
    });
  }
  const random = seededRandom(crypto, seed);
  const { description, values, loss } = TRAIN_MODELS[sizes.model]!(random.derive("model"));
  const task = parseTask({
    ...{ population: "bench", name },
    // The run is given the model itself, so that no file is read.
    model: { path: sizes.model },
    plan: {
      ...{ loss, metrics: [], localEpochs: 1, batchSize: 10, update: { codec: "float32" } },
      optimizer: { name: "sgd", learningRate: sizes.learningRate },
    },
    round: { goalCount: sizes.cohort, overselection: 1 },
    eligibility: { minimumExamples: 1 },
    stop: { rounds: MOST_ROUNDS },
  });
  return {
    name,
    warmUp: sizes.warmUp,
    terms: {
      ...{ task, model: { description, values }, seed, clients: sizes.clients },
      scoreEveryRounds: Infinity,
    },
    data: {
      ...{ name, classCount: 10 },
      train: drawExamples(sizes.examples, sizes.featureShape, random.derive("train")),
      test: drawExamples(1, sizes.featureShape, random.derive("test")),
      partition: partitionOf(sizes),
    },
  };
}

const CLASSES = 10;

/**
 * Draws examples that a linear model can learn: numbers in [0, 1), of which every tenth is larger,
 * from a place on that depends on the class.
 */
function drawExamples(
  count: number,
  featureShape: readonly number[],
  random: RandomSource,
): Examples {
  const size = shapeSize(featureShape);
  const word = xoshiro128(random.bytes(16));
  const labels = Int32Array.from({ length: count }, () => word() % CLASSES);
  const features = new Float32Array(count * size);
  for (let i = 0; i < features.length; i++) {
    const label = labels[Math.floor(i / size)]!;
    features[i] =
      (i % size) % CLASSES === label ? 0.1 + 0.9 * (word() / 2 ** 32) : word() / 2 ** 32;
  }
  return { features, featureShape, labels, labelShape: [], count };
}

/** Each client has rows that follow those of the client before; after the last row comes the first. */
function partitionOf({
  clients,
  examplesPerClient,
  examples,
}: WorkloadSizes): SimulationData["partition"] {
  return {
    rows: Uint32Array.from({ length: clients * examplesPerClient }, (_, row) => row % examples),
    offsets: Uint32Array.from({ length: clients + 1 }, (_, client) => client * examplesPerClient),
  };
}
