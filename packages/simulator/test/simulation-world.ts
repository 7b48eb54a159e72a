import { systemClock, type Examples } from "@tributary/client-sdk";
import {
  builtinModelOf,
  parseTask,
  seededRandom,
  shuffledIndices,
  xoshiro128,
} from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { algorithmOptions, type AlgorithmInput } from "../src/algorithms/algorithm-options.ts";
import { attackOptions, type AttackInput } from "../src/attacks/attack-options.ts";
import type { InitialModel } from "../src/files/model-files.ts";
import { DirectRun } from "../src/runner/direct-run.ts";
import { openPool } from "../src/runner/open-pool.ts";
import type { SimulationData } from "../src/runner/simulation-data.ts";
import type { RunDeps, RunTerms, SimulatedTask } from "../src/runner/simulated-task.ts";
import type { TrainerPool } from "../src/runner/trainer-pool.ts";

// A small simulation for tests: examples of three classes that lie around three points.

export const crypto = createNodeCryptoProvider();

const INPUTS = 6;

/** Draws examples of three classes. */
export function examplesAround(count: number, seed: number): Examples {
  const word = xoshiro128(seededRandom(crypto, seed).bytes(16));
  const uniform = (): number => word() / 2 ** 32 - 0.5;
  const labels = Int32Array.from({ length: count }, (_, index) => index % 3);
  const features = new Float32Array(count * INPUTS);
  for (let index = 0; index < count; index++) {
    for (let i = 0; i < INPUTS; i++) {
      features[index * INPUTS + i] = uniform() + (i % 3 === labels[index] ? 1 : 0);
    }
  }
  return { features, featureShape: [INPUTS], labels, labelShape: [], count };
}

/** Data of some clients, each of which has twelve examples. */
export function dataOf(clients: number): SimulationData {
  const count = 12 * clients;
  return {
    name: "three points",
    classCount: 3,
    train: examplesAround(count, 1),
    test: examplesAround(90, 2),
    partition: {
      rows: shuffledIndices(count, seededRandom(crypto, 3)),
      offsets: Uint32Array.from({ length: clients + 1 }, (_, client) => 12 * client),
    },
  };
}

/** The terms of a run of four rounds, each with five of the clients. */
export function termsOf(sections: object = {}, seed = 7): RunTerms {
  const {
    plan = {},
    algorithm,
    attack,
    ...rest
  } = sections as {
    plan?: object;
    algorithm?: AlgorithmInput;
    attack?: AttackInput;
  };
  const task = parseTask({
    ...{ population: "simulation", name: "three-points" },
    model: { builtin: "mlp", inputs: INPUTS, hidden: [5], outputs: 3 },
    plan: { batchSize: 3, optimizer: { name: "sgd", learningRate: 0.3 }, ...plan },
    round: { goalCount: 5, overselection: 1 },
    eligibility: { minimumExamples: 1 },
    stop: { rounds: 4 },
    ...rest,
  });
  const model = modelOf(task, seed);
  return {
    ...{ task, model, seed, clients: 12, scoreEveryRounds: 1, trainer: { engine: "fused" } },
    ...(attack && { attack: attackOptions.parse(attack) }),
    ...(algorithm && { algorithm: algorithmOptions.parse(algorithm) }),
  };
}

function modelOf(task: ReturnType<typeof parseTask>, seed: number): InitialModel {
  if (!("builtin" in task.model)) throw new Error("The test has a model of its own");
  return builtinModelOf(task.model, task, seededRandom(crypto, seed).derive("model"));
}

/** A pool of so many threads; 1 is the calling thread. */
export function poolOf(data: SimulationData, workers: number): TrainerPool {
  return openPool(data, workers, { crypto, clock: systemClock });
}

/** The same pool, which stops its caller's signal once so many clients have reported. */
export function stoppingAfter(
  reports: number,
  pool: TrainerPool,
  stop: AbortController,
): TrainerPool {
  let reported = 0;
  return {
    ...pool,
    work: (round, clients, take, signal) =>
      pool.work(
        round,
        clients,
        (report) => {
          take(report);
          if (++reported === reports) stop.abort();
        },
        signal,
      ),
  };
}

/** What a run works with. */
export const depsOf = (pool: TrainerPool): RunDeps => ({ pool, crypto, clock: systemClock });

/** Runs a whole simulation without connections. The pool stays open. */
export async function runAll(terms: RunTerms, pool: TrainerPool): Promise<SimulatedTask> {
  return toItsEnd(await DirectRun.begin(terms, depsOf(pool)));
}

/** Runs all rounds of a task that has begun. */
export async function toItsEnd(
  task: SimulatedTask,
  signal: AbortSignal = new AbortController().signal,
): Promise<SimulatedTask> {
  while ((await task.next(signal)) !== undefined);
  return task;
}
