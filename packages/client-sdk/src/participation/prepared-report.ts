import {
  TributaryError,
  asTributaryError,
  basesToReport,
  checkStatistics,
  gatherRanges,
  keepResidual,
  leavesResidual,
  measuresToReport,
  settleStatistics,
  updateCodec,
  withStatistics,
  type UpdateKernels,
  type MetricBasis,
  type MetricValue,
  type Plan,
  type RandomSource,
} from "@tributary/protocol";
import type { ExampleStore } from "../examples/example-store.ts";
import type { Examples } from "../examples/examples.ts";
import type { LocalTrainer, TrainResult, TrainingProgress } from "../training/local-trainer.ts";
import type { VerifiedModel, VerifiedPlan } from "../trust/verified-model.ts";
import { checkExampleCount } from "./app-examples.ts";
import { clipUpdate, modelUpdate } from "./model-update.ts";
import { localValues, personalWeights } from "./local-layers.ts";
import type { PlanMemory } from "./plan-memory.ts";

/**
 * A report that is ready to be sent, without the round's id and nonce, which are added when it is.
 */
export interface PreparedReport {
  /** The number of examples that the report is about. */
  readonly exampleCount: number;
  /** The name of the codec that made the payload; empty in an evaluation. */
  readonly codec: string;
  /** The encoded update with the moving statistics behind it; empty in an evaluation. */
  readonly payload: Uint8Array;
  /** `loss` first, then those of the plan's metrics that are means, in the plan's order. */
  readonly metrics: readonly MetricValue[];
  /** The sums from which the plan's other metrics are computed; none if there are no others. */
  readonly bases: readonly MetricBasis[];
  /**
   * To be called once the server has accepted the report: keeps what the next one begins with.
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
  /** Where the residual of an encoding is kept between two reports. */
  readonly residuals: PlanMemory;
  /** Where the client's own values are kept of layers that the plan leaves to each client. */
  readonly localLayers: PlanMemory;
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
  const { plan, parts } = model.plan;
  const stream = `${plan.task} round ${roundNumber}`;
  const before = personalWeights(model, deps.localLayers);
  const result = await trainLocally(deps, request, before, deps.random.derive(`${stream} train`));
  const { weights, steps, exampleCount } = result;
  const update = modelUpdate(weights, before, parts.updated);
  clipUpdate(update, plan.clipNorm);
  settleStatistics(weights, before, parts.normalized, steps);
  const statistics = gatherRanges(weights, parts.statistics);
  checkStatistics(statistics);
  const measures = reportedMeasures(result, plan);
  request.onTrained(result);
  const encoded = await encodeUpdate(
    deps,
    model.plan,
    update,
    deps.random.derive(`${stream} encode`),
  );
  return {
    exampleCount,
    ...measures,
    codec: encoded.codec,
    payload: withStatistics(encoded.payload, statistics),
    counted: () => {
      encoded.counted();
      if (parts.local.length > 0) deps.localLayers.keep(model.plan.id, localValues(weights, model));
    },
  };
}

/**
 * Calls the trainer, and checks what it returns.
 * @param weights - The parameters to begin with; not modified.
 */
async function trainLocally(
  { trainer }: TrainingDeps,
  { model, examples, signal, onProgress }: ReportRequest,
  weights: Float32Array,
  random: RandomSource,
): Promise<TrainResult> {
  const { plan, layout } = model.plan;
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
export async function encodeUpdate(
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
 * Picks the measures that the plan asks for from what a trainer returned.
 * @throws TributaryError `TRAINING_FAILED` when one is missing, or a mean is not finite.
 */
export function reportedMeasures(
  { metrics: values, bases = [] }: Pick<TrainResult, "metrics" | "bases">,
  plan: Plan,
): Pick<PreparedReport, "metrics" | "bases"> {
  const metrics = measuresToReport(plan.training.metrics).map((name) => {
    const value = values[name];
    if (value === undefined || !Number.isFinite(value)) {
      throw failed(`The trainer returned ${value ?? "no value"} for the metric ${name}`);
    }
    return { name, value };
  });
  for (const { name } of basesToReport(plan)) {
    if (!bases.some((basis) => basis.name === name)) {
      throw failed(`The trainer returned no sums named ${name} for the plan's metrics`);
    }
  }
  return { metrics, bases };
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
