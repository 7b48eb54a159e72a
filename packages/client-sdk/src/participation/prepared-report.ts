import {
  TributaryError,
  asTributaryError,
  isTributaryError,
  keepResidual,
  leavesResidual,
  updateCodec,
  type UpdateKernels,
  type Limits,
  type MetricValue,
  type RandomSource,
} from "@tributary/protocol";
import type { ExampleStore } from "../examples/example-store.ts";
import type { Examples } from "../examples/examples.ts";
import type { LocalTrainer, TrainResult, TrainingProgress } from "../training/local-trainer.ts";
import { abortable } from "../session/abort.ts";
import type { VerifiedModel } from "../trust/verified-model.ts";
import { clipUpdate, modelUpdate } from "./model-update.ts";
import type { Residuals } from "./residuals.ts";

/** What a client reports, before the server's names for the round are put to it. */
export interface PreparedReport {
  readonly exampleCount: number;
  readonly codec: string;
  /** The encoded update. */
  readonly payload: Uint8Array;
  /** `loss`, then the plan's metrics in its order. */
  readonly metrics: readonly MetricValue[];
  /** Keeps what a codec with error feedback did not say; called once the report counts. */
  readonly counted: () => void;
}

export interface TrainingDeps {
  readonly trainer: LocalTrainer;
  readonly examples: ExampleStore;
  readonly random: RandomSource;
  readonly limits: Limits;
  readonly kernels: () => Promise<UpdateKernels>;
  readonly residuals: Residuals;
}

/**
 * Loads the app's examples, all of them.
 * @throws TributaryError `EXAMPLES_INVALID` when the store fails or their number is out of range; `ABORTED`.
 */
export async function loadExamples(
  store: ExampleStore,
  limits: Limits,
  signal: AbortSignal,
): Promise<Examples> {
  const examples = await abortable(
    examplesOf(() => store.load(signal)),
    signal,
  );
  checkExampleCount(examples.count, limits);
  return examples;
}

/**
 * Asks how many examples the app has.
 * @throws TributaryError as `loadExamples`.
 */
export async function countExamples(
  store: ExampleStore,
  limits: Limits,
  signal: AbortSignal,
): Promise<number> {
  const count = await abortable(
    examplesOf(() => store.count()),
    signal,
  );
  checkExampleCount(count, limits);
  return count;
}

/**
 * Asks how many examples the app has held out to evaluate on; 0 when none.
 * @throws TributaryError as `loadExamples`.
 */
export async function countHeldOut(
  store: ExampleStore | undefined,
  limits: Limits,
  signal: AbortSignal,
): Promise<number> {
  if (store === undefined) return 0;
  const count = await abortable(
    examplesOf(() => store.count()),
    signal,
  );
  if (count !== 0) checkExampleCount(count, limits);
  return count;
}

/**
 * Trains on the examples, and clips and encodes what that added. The same seed, task, round and examples give the
 * same bytes: the random streams are named by what the round does and not by its id, which is drawn anew.
 * @param model - Not modified.
 * @throws TributaryError `TRAINING_FAILED`, `EXAMPLES_INVALID`, `MODEL_UNSUPPORTED`, `UPDATE_NOT_FINITE`,
 *   `UPDATE_OUT_OF_RANGE`, or `ABORTED`.
 */
export async function prepareReport(
  deps: TrainingDeps,
  request: {
    readonly model: VerifiedModel;
    readonly roundNumber: number;
    readonly examples: Examples;
    readonly signal: AbortSignal;
    readonly onProgress: (progress: TrainingProgress) => void;
    readonly onTrained: (result: TrainResult) => void;
  },
): Promise<PreparedReport> {
  const { model, roundNumber, examples, signal, onProgress } = request;
  const { plan, layout, trainable } = model.plan;
  const { weights } = model.checkpoint;
  const stream = `${plan.task} round ${roundNumber}`;
  const result = await trained(() =>
    deps.trainer.train({
      plan,
      weights,
      examples,
      random: deps.random.derive(`${stream} train`),
      signal,
      onProgress,
    }),
  );
  if (result.weights.length !== layout.size) {
    throw failed(
      `The trainer gave ${result.weights.length} weights where the model has ${layout.size}`,
    );
  }
  checkExampleCount(result.exampleCount, deps.limits);
  const update = modelUpdate(result.weights, weights, trainable);
  clipUpdate(update, plan.clipNorm);
  const metrics = reportedMetrics(result.metrics, ["loss", ...plan.training.metrics]);
  request.onTrained(result);
  const codec = updateCodec(plan.update, await deps.kernels());
  const coins = deps.random.derive(`${stream} encode`);
  const { exampleCount } = result;
  if (!leavesResidual(plan.update)) {
    const payload = codec.encode(update, coins);
    return { exampleCount, codec: codec.name, payload, metrics, counted: () => {} };
  }
  const before = deps.residuals.of(model.plan.id);
  const { payload, residual } = keepResidual(codec, update, before, coins);
  const counted = (): void => deps.residuals.keep(model.plan.id, residual);
  return { exampleCount, codec: codec.name, payload, metrics, counted };
}

/** @throws TributaryError `TRAINING_FAILED` when one is missing or not finite. */
export function reportedMetrics(
  values: Readonly<Record<string, number>>,
  names: readonly string[],
): readonly MetricValue[] {
  return [...new Set(names)].map((name) => {
    const value = values[name];
    if (value === undefined || !Number.isFinite(value)) {
      throw failed(`The trainer gave ${value ?? "nothing"} for ${name}`);
    }
    return { name, value };
  });
}

function checkExampleCount(count: number, limits: Limits): void {
  if (Number.isSafeInteger(count) && count >= 1 && count <= limits.maxExampleCount) return;
  throw new TributaryError("EXAMPLES_INVALID", `There are ${count} examples`, {
    remedy: `Take part with 1 to ${limits.maxExampleCount} examples.`,
    context: { count },
  });
}

/** What the app's code throws, an error of ours or not, becomes one that says whose it is. */
async function examplesOf<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (isTributaryError(error)) throw error;
    throw asTributaryError(error, "EXAMPLES_INVALID", "The app's example store failed");
  }
}

async function trained(train: () => Promise<TrainResult>): Promise<TrainResult> {
  try {
    return await train();
  } catch (error) {
    throw asTributaryError(error, "TRAINING_FAILED", "Training failed");
  }
}

function failed(cause: string): TributaryError {
  return new TributaryError("TRAINING_FAILED", cause, {
    remedy: "Check the trainer that the app gave to FederatedClient.",
  });
}
