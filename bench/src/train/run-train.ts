import {
  checkpointIdOf,
  encodeCheckpoint,
  isTributaryError,
  seededRandom,
  TributaryError,
  type Plan,
} from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import {
  createTfjsTrainer,
  createTrainer,
  type Examples,
  type LocalTrainer,
  type TrainerOptions,
} from "@tributary/client-sdk";
import { measureSimdLimit, operationsPerExample } from "@tributary/client-sdk/measure";
import { TRAIN_MODELS, type TrainModel } from "./train-models.ts";

export interface TrainBenchOptions {
  readonly name: string;
  /** Examples in each step. */
  readonly batch: number;
  /** How many steps to take. If it is undefined, as many as take about `seconds`. */
  readonly steps: number | undefined;
  readonly seconds: number;
  readonly seed: number;
  readonly trainer: TrainerOptions;
  /** Whether to measure tfjs's wasm backend as well. */
  readonly compare: boolean;
}

export interface TrainBenchResult {
  readonly model: string;
  readonly engine: string;
  readonly backend: string;
  readonly batch: number;
  readonly steps: number;
  readonly seconds: number;
  /** Processor time of all threads of the process. It is less than `seconds` if other programs used the core. */
  readonly cpuSeconds: number;
  readonly stepsPerSecond: number;
  /** 10⁹ floating-point operations per second in matrix multiplications, as counted from the model. */
  readonly gflops: number;
  /** What multiply-adds between registers reached on this core in the same run, 10⁹ operations per second. */
  readonly simdLimitGflops: number;
  /** Operations per second of processor time, divided by that limit. Other programs on the core do not change it. */
  readonly fractionOfSimdLimit: number;
  /** Steps per second of tfjs's wasm backend as it is shipped; null if it cannot train the model. */
  readonly tfjsWasmShipped?: number | null;
  /** The same, with the kernels that the SDK registers. */
  readonly tfjsWasmStepsPerSecond?: number | null;
  /** SHA-256 of the trained parameters as little-endian float32. */
  readonly weightsSha256: string;
}

/** How many different batches a timed run has. It goes over them again and again. */
const DISTINCT_BATCHES = 50;

/** A shorter trial run says little about how long the measured run will take, seconds. */
const TRIAL_SECONDS = 0.25;

/**
 * Measures the local training of one model on random examples, as it is done in a round: shuffling, gathering batches,
 * steps and metrics.
 * @throws TributaryError `BAD_PARAMETER` when there is no such model.
 */
export async function runTrainBench(options: TrainBenchOptions): Promise<TrainBenchResult> {
  const crypto = createNodeCryptoProvider();
  const random = seededRandom(crypto, options.seed);
  const make = TRAIN_MODELS[options.name];
  if (make === undefined) {
    throw new TributaryError("BAD_PARAMETER", `There is no model ${options.name} to train`, {
      remedy: `Use one of ${Object.keys(TRAIN_MODELS).join(", ")}.`,
    });
  }
  const model = make(random);
  const plan = planFor(model, options.batch);
  const trainer = await createTrainer(options.trainer);
  try {
    const { engine, backend } = await trainer.choose(plan);
    const beside = options.compare ? await besideTfjs(options, model, plan, random) : {};
    const limits = [await measureSimdLimit(() => performance.now())];
    const run = { ...options, model, plan, trainer, random };
    const timed =
      options.steps === undefined ? await forSeconds(run) : await steps(run, options.steps);
    limits.push(await measureSimdLimit(() => performance.now()));
    const limit = Math.max(...limits);
    const perSecond = timed.steps / timed.seconds;
    const operations = timed.steps * options.batch * operationsPerExample(plan);
    return {
      model: options.name,
      engine,
      backend,
      batch: options.batch,
      steps: timed.steps,
      seconds: rounded(timed.seconds),
      cpuSeconds: rounded(timed.cpuSeconds),
      stepsPerSecond: rounded(perSecond),
      gflops: rounded(operations / timed.seconds / 1e9),
      simdLimitGflops: rounded(limit / 1e9),
      fractionOfSimdLimit: rounded(operations / timed.cpuSeconds / limit),
      ...beside,
      weightsSha256: checkpointIdOf(crypto, encodeCheckpoint(timed.weights)),
    };
  } finally {
    trainer.dispose();
  }
}

/** Measures tfjs's wasm backend. It is measured as it is shipped first, because registered kernels stay. */
async function besideTfjs(
  options: TrainBenchOptions,
  model: TrainModel,
  plan: Plan,
  random: ReturnType<typeof seededRandom>,
): Promise<Pick<TrainBenchResult, "tfjsWasmShipped" | "tfjsWasmStepsPerSecond">> {
  const stepsPerSecond = async (kernels: "replaced" | "shipped"): Promise<number | null> => {
    const trainer = await createTfjsTrainer({ backend: "wasm", kernels });
    try {
      const { steps: taken, seconds } = await forSeconds({
        ...{ ...options, model, plan, trainer, random },
        seconds: Math.min(options.seconds, 2),
      });
      return rounded(taken / seconds);
    } catch (error) {
      if (isTributaryError(error, "TRAINING_FAILED")) return null;
      throw error;
    } finally {
      trainer.dispose();
    }
  };
  const tfjsWasmShipped = await stepsPerSecond("shipped");
  return { tfjsWasmShipped, tfjsWasmStepsPerSecond: await stepsPerSecond("replaced") };
}

interface Run extends Omit<TrainBenchOptions, "trainer"> {
  readonly model: TrainModel;
  readonly plan: Plan;
  readonly trainer: LocalTrainer;
  readonly random: ReturnType<typeof seededRandom>;
}

interface Timed {
  readonly steps: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly weights: Float32Array;
}

/** Takes exactly `count` steps, each on examples of its own. */
async function steps(run: Run, count: number): Promise<Timed> {
  const examples = run.model.examples(count * run.batch, run.random);
  return train(run, run.plan, examples);
}

/** Trains for about the time that was asked for. Trial runs first find out how many epochs that is. */
async function forSeconds(run: Run): Promise<Timed> {
  const withEpochs = (localEpochs: number): Plan => ({
    ...run.plan,
    training: { ...run.plan.training, localEpochs },
  });
  // The first step is slow while the engine is being compiled.
  await train(run, run.plan, run.model.examples(run.batch, run.random));
  const one = await train(run, run.plan, run.model.examples(run.batch, run.random));
  const batches = Math.max(1, Math.min(DISTINCT_BATCHES, Math.round(run.seconds / one.seconds)));
  const examples = run.model.examples(batches * run.batch, run.random);
  let trial = await train(run, run.plan, examples);
  for (let epochs = 4; trial.seconds < TRIAL_SECONDS; epochs *= 4) {
    trial = await train(run, withEpochs(epochs), examples);
  }
  const epochs = (run.seconds / trial.seconds) * (trial.steps / batches);
  if (epochs < 1.5) return trial;
  return train(run, withEpochs(Math.min(10_000, Math.round(epochs))), examples);
}

async function train(run: Run, plan: Plan, examples: Examples): Promise<Timed> {
  const { trainer, model, random } = run;
  const startMs = performance.now();
  const before = process.cpuUsage();
  const { weights, steps: taken } = await trainer.train({
    plan,
    weights: model.values,
    examples,
    random: random.derive("train"),
  });
  const seconds = (performance.now() - startMs) / 1000;
  const { user, system } = process.cpuUsage(before);
  return { weights, steps: taken, seconds, cpuSeconds: (user + system) / 1e6 };
}

function planFor({ description, loss }: TrainModel, batchSize: number): Plan {
  return {
    version: 1,
    task: "bench",
    population: "bench",
    model: { format: "tfjs-layers-model", ...description },
    training: {
      localEpochs: 1,
      batchSize,
      optimizer: { name: "sgd", learningRate: 0.01 },
      loss,
      metrics: ["accuracy"],
      trainable: "all",
    },
    download: { encoding: "float32" },
    update: { codec: "float32" },
    clipNorm: null,
    aggregation: { rule: "mean" },
    minimumCohort: 1,
  };
}

/** Rounded to four digits: the others would be noise. */
const rounded = (value: number): number => Number(value.toPrecision(4));
