import {
  PROTOCOL_CONSTANTS,
  TributaryError,
  asTributaryError,
  isTributaryError,
  keepResidual,
  leavesResidual,
  measuresToReport,
  updateCodec,
  type DataContract,
  type UpdateKernels,
  type MetricValue,
  type Plan,
  type RandomSource,
} from "@tributary/protocol";
import { agreedExamples } from "../examples/agreed-examples.ts";
import type { ExampleStore } from "../examples/example-store.ts";
import type { Examples } from "../examples/examples.ts";
import type { LocalTrainer, TrainResult, TrainingProgress } from "../training/local-trainer.ts";
import { abortable } from "../runtime/abort.ts";
import type { VerifiedModel, VerifiedPlan } from "../trust/verified-model.ts";
import { clipUpdate, modelUpdate } from "./model-update.ts";
import type { Residuals } from "./residuals.ts";

/**
 * A report that is ready to be sent, without the round's id and nonce, which are added when it is.
 */
export interface PreparedReport {
  /** The number of examples that the report is about. */
  readonly exampleCount: number;
  /** The name of the codec that made the payload; empty in an evaluation. */
  readonly codec: string;
  /** The bytes of the encoded update; empty in an evaluation. */
  readonly payload: Uint8Array;
  /** `loss` first, then the metrics that the plan names, in the plan's order. */
  readonly metrics: readonly MetricValue[];
  /**
   * To be called once the server has accepted the report: keeps the residual for the next update.
   */
  readonly counted: () => void;
}

/** What preparing a report needs. */
export interface TrainingDeps {
  readonly trainer: LocalTrainer;
  /** The examples that the client trains on. */
  readonly examples: ExampleStore;
  readonly random: RandomSource;
  /** Loads the codecs' inner loops, when an update is first encoded. */
  readonly kernels: () => Promise<UpdateKernels>;
  /** Where a residual is kept between two reports. */
  readonly residuals: Residuals;
}

/**
 * Loads all examples of the app's store.
 * @param contract - What the plan says of them.
 * @throws TributaryError `EXAMPLES_INVALID` when the store fails, the number of examples is out of
 *   range, or they do not fit the contract; `ABORTED`.
 */
export async function loadExamples(
  store: ExampleStore,
  contract: DataContract | undefined,
  signal: AbortSignal,
): Promise<Examples> {
  const examples = await abortable(
    examplesOf(() => store.load(signal, contract)),
    signal,
  );
  checkExampleCount(examples.count);
  return agreedExamples(examples, contract);
}

/**
 * Asks the app's store how many examples it has.
 * @throws TributaryError as `loadExamples`.
 */
export async function countExamples(store: ExampleStore, signal: AbortSignal): Promise<number> {
  const count = await abortable(
    examplesOf(() => store.count()),
    signal,
  );
  checkExampleCount(count);
  return count;
}

/**
 * Asks how many held-out examples the app has; 0 when it has no store for them.
 * @throws TributaryError as `loadExamples`, except that 0 held-out examples are no error.
 */
export async function countHeldOut(
  store: ExampleStore | undefined,
  signal: AbortSignal,
): Promise<number> {
  if (store === undefined) return 0;
  const count = await abortable(
    examplesOf(() => store.count()),
    signal,
  );
  if (count !== 0) checkExampleCount(count);
  return count;
}

/** What a report is made from, and the callbacks that tell how far the work is. */
interface ReportRequest {
  /** Not modified. */
  readonly model: VerifiedModel;
  readonly roundNumber: number;
  readonly examples: Examples;
  readonly signal: AbortSignal;
  /** Called after every batch. */
  readonly onProgress: (progress: TrainingProgress) => void;
  /** Called between training and encoding. What it throws ends the work. */
  readonly onTrained: (result: TrainResult) => void;
}

/**
 * Trains on the examples, computes the update, clips it and encodes it.
 *
 * The same seed, task, round number and examples give the same bytes. For that, the random streams
 * are named after the task and the round number, and not after the round's id, which is drawn anew
 * each time.
 * @throws TributaryError `TRAINING_FAILED`, `EXAMPLES_INVALID`, `MODEL_UNSUPPORTED`,
 *   `UPDATE_NOT_FINITE`, `UPDATE_OUT_OF_RANGE`, or `ABORTED`.
 */
export async function prepareReport(
  deps: TrainingDeps,
  request: ReportRequest,
): Promise<PreparedReport> {
  const { model, roundNumber } = request;
  const { plan, trainable } = model.plan;
  const stream = `${plan.task} round ${roundNumber}`;
  const result = await trainLocally(deps, request, deps.random.derive(`${stream} train`));
  const update = modelUpdate(result.weights, model.checkpoint.weights, trainable);
  clipUpdate(update, plan.clipNorm);
  const metrics = reportedMetrics(result.metrics, plan);
  request.onTrained(result);
  const encoded = await encodeUpdate(
    deps,
    model.plan,
    update,
    deps.random.derive(`${stream} encode`),
  );
  return { exampleCount: result.exampleCount, metrics, ...encoded };
}

/** Calls the trainer, and checks what it returns. */
async function trainLocally(
  { trainer }: TrainingDeps,
  { model, examples, signal, onProgress }: ReportRequest,
  random: RandomSource,
): Promise<TrainResult> {
  const { plan, layout } = model.plan;
  const { weights } = model.checkpoint;
  const result = await trained(() =>
    trainer.train({ plan, weights, examples, random, signal, onProgress }),
  );
  if (result.weights.length !== layout.size) {
    throw failed(
      `The trainer returned ${result.weights.length} weights, but the model has ${layout.size} parameters`,
    );
  }
  checkExampleCount(result.exampleCount);
  return result;
}

/**
 * Encodes an update with the plan's codec. A codec with error feedback first adds the residual of the
 * last update that counted, and leaves a new one.
 * @param coins - What codecs with random rounding draw from.
 */
async function encodeUpdate(
  { kernels, residuals }: TrainingDeps,
  { id, plan }: VerifiedPlan,
  update: Float32Array,
  coins: RandomSource,
): Promise<Pick<PreparedReport, "codec" | "payload" | "counted">> {
  const codec = updateCodec(plan.update, await kernels());
  if (!leavesResidual(plan.update)) {
    return { codec: codec.name, payload: codec.encode(update, coins), counted: () => {} };
  }
  const { payload, residual } = keepResidual(codec, update, residuals.of(id), coins);
  return { codec: codec.name, payload, counted: () => residuals.keep(id, residual) };
}

/**
 * Picks the metrics that the plan asks for from what a trainer returned.
 * @throws TributaryError `TRAINING_FAILED` when a value is missing or not finite.
 */
export function reportedMetrics(
  values: Readonly<Record<string, number>>,
  { training }: Plan,
): readonly MetricValue[] {
  return measuresToReport(training.metrics).map((name) => {
    const value = values[name];
    if (value === undefined || !Number.isFinite(value)) {
      throw failed(`The trainer returned ${value ?? "no value"} for the metric ${name}`);
    }
    return { name, value };
  });
}

function checkExampleCount(count: number): void {
  const { maxExampleCount } = PROTOCOL_CONSTANTS;
  if (Number.isSafeInteger(count) && count >= 1 && count <= maxExampleCount) return;
  throw new TributaryError("EXAMPLES_INVALID", `The number of examples is ${count}`, {
    remedy: `Take part with 1 to ${maxExampleCount} examples.`,
    context: { count },
  });
}

/**
 * Calls the app's example store. Whatever it throws becomes a `TributaryError` that names the store
 * as the cause, unless it is one already.
 */
async function examplesOf<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (isTributaryError(error)) throw error;
    throw asTributaryError(error, "EXAMPLES_INVALID", "The app's example store failed");
  }
}

/** Calls the trainer. Whatever it throws becomes a `TributaryError`. */
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
