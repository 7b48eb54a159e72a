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
import type { ExampleSource } from "../examples/example-reader.ts";
import type {
  LocalTrainer,
  StepTerms,
  TrainRequest,
  TrainResult,
  TrainingProgress,
} from "../training/local-trainer.ts";
import type { VerifiedModel, VerifiedPlan } from "../trust/verified-model.ts";
import { checkExampleCount } from "./app-examples.ts";
import { clipUpdate, modelUpdate } from "./model-update.ts";
import { localValues, personalWeights } from "./local-layers.ts";
import type { PlanMemory } from "./plan-memory.ts";
import type { ReportMemory } from "./report-memory.ts";

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
  /** Where reports are made, for a program with many clients; new memory for each if left out. */
  readonly memory?: ReportMemory | undefined;
}

/** What a client trains on in a round. */
export interface TrainingRequest {
  /** Not modified. */
  readonly model: VerifiedModel;
  readonly roundNumber: number;
  readonly examples: ExampleSource;
  /** As in `TrainRequest`. */
  readonly rows?: Uint32Array | undefined;
  readonly signal?: AbortSignal | undefined;
  /** As in `TrainRequest`. */
  readonly hold?: TrainRequest["hold"];
  /** Called after every batch. */
  readonly onProgress?: ((progress: TrainingProgress) => void) | undefined;
  /** As in `TrainRequest`. */
  readonly terms?: StepTerms | undefined;
}

/** What a report is made from, and the callback that tells how far the work is. */
interface ReportRequest extends TrainingRequest {
  /** Called between training and encoding. What it throws ends the work. */
  readonly onTrained: (result: TrainResult) => void;
}

/** What the training of a client has come to, before it is clipped and encoded. */
export interface TrainedUpdate {
  /** The change of the trained parameters, float32, shape [rangesSize(parts.updated)]. */
  readonly update: Float32Array;
  /** The moving statistics after training, float32. */
  readonly statistics: Float32Array;
  readonly result: TrainResult;
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
  const trained = await trainUpdate(deps, request);
  clipUpdate(trained.update, model.plan.plan.clipNorm);
  request.onTrained(trained.result);
  return encodeReport(deps, model, roundNumber, trained);
}

/**
 * Trains on the examples and computes the update.
 * @throws TributaryError `TRAINING_FAILED`, `EXAMPLES_INVALID`, `MODEL_UNSUPPORTED`, or `ABORTED`.
 */
export async function trainUpdate(
  deps: Pick<TrainingDeps, "trainer" | "random" | "localLayers" | "memory">,
  request: TrainingRequest,
): Promise<TrainedUpdate> {
  const { model, roundNumber } = request;
  const { parts } = model.plan;
  const before = personalWeights(model, deps.localLayers);
  const random = deps.random.derive(`${streamOf(model, roundNumber)} train`);
  const result = await trainLocally(deps, request, before, random);
  const { weights, steps } = result;
  const update =
    deps.memory?.updateOf(weights, before, parts.updated) ??
    modelUpdate(weights, before, parts.updated);
  settleStatistics(weights, before, parts.normalized, steps);
  return { update, statistics: gatherRanges(weights, parts.statistics), result };
}

/**
 * Encodes what a training has come to as the report of a round.
 * @param trained - Its update has been clipped; not modified.
 * @throws TributaryError `TRAINING_FAILED` or `UPDATE_OUT_OF_RANGE`.
 */
export async function encodeReport(
  deps: Pick<TrainingDeps, "random" | "kernels" | "residuals" | "localLayers" | "memory">,
  model: VerifiedModel,
  roundNumber: number,
  { update, statistics, result }: TrainedUpdate,
): Promise<PreparedReport> {
  const { plan, parts } = model.plan;
  checkStatistics(statistics);
  const measures = reportedMeasures(result, plan);
  const coins = deps.random.derive(`${streamOf(model, roundNumber)} encode`);
  const encoded = await encodeUpdate(deps, model.plan, update, coins);
  return {
    exampleCount: result.exampleCount,
    ...measures,
    codec: encoded.codec,
    payload: withStatistics(encoded.payload, statistics),
    counted: () => {
      encoded.counted();
      if (parts.local.length === 0) return;
      deps.localLayers.keep(model.plan.id, localValues(result.weights, model));
    },
  };
}

/** The name of the random streams of a client's work in a round. */
const streamOf = (model: VerifiedModel, roundNumber: number): string =>
  `${model.plan.plan.task} round ${roundNumber}`;

/**
 * Calls the trainer, and checks what it returns. Whatever it throws becomes a `TributaryError`.
 * @param weights - The parameters to begin with; not modified.
 */
async function trainLocally(
  { trainer, memory }: Pick<TrainingDeps, "trainer" | "memory">,
  { model, examples, rows, signal, hold, onProgress, terms }: TrainingRequest,
  weights: Float32Array,
  random: RandomSource,
): Promise<TrainResult> {
  const { plan, layout } = model.plan;
  const into = memory?.weights;
  const asked = { plan, weights, examples, rows, random, into, terms, signal, hold, onProgress };
  let result: TrainResult;
  try {
    result = await trainer.train(asked);
  } catch (error) {
    throw asTributaryError(error, "TRAINING_FAILED", "Training failed");
  }
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
  { kernels, residuals, memory }: Pick<TrainingDeps, "kernels" | "residuals" | "memory">,
  { id, plan }: VerifiedPlan,
  update: Float32Array,
  coins: RandomSource,
): Promise<Pick<PreparedReport, "codec" | "payload" | "counted">> {
  const codec = memory?.codec ?? updateCodec(plan.update, await kernels());
  if (!leavesResidual(plan.update)) {
    const payload = codec.encode(update, coins, memory?.payload);
    return { codec: codec.name, payload, counted: () => {} };
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

function failed(cause: string): TributaryError {
  return new TributaryError("TRAINING_FAILED", cause, {
    remedy: "Check the trainer that the app gave to FederatedClient.",
  });
}
