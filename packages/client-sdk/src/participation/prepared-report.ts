import {
  basesToReport,
  checkStatistics,
  keepResidual,
  leavesResidual,
  measuresToReport,
  updateCodec,
  withStatistics,
  type MetricBasis,
  type MetricValue,
  type Plan,
  type RandomSource,
  type UpdateCodec,
  type UpdateKernels,
} from "@tributary/protocol";
import type { ExampleStore } from "../examples/example-store.ts";
import type { LocalTrainer, TrainResult } from "../training/local-trainer.ts";
import type { VerifiedModel, VerifiedPlan } from "../trust/verified-model.ts";
import { localValues } from "./local-layers.ts";
import { clipUpdate } from "./model-update.ts";
import type { PlanMemory } from "./plan-memory.ts";
import type { ReportMemory } from "./report-memory.ts";
import {
  streamOf,
  trainUpdate,
  trainerFailed,
  type TrainedUpdate,
  type TrainingClient,
  type TrainingRequest,
} from "./trained-update.ts";

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

/** What encoding a report needs. */
export interface EncodingDeps extends TrainingClient {
  /** The plan's. */
  readonly codec: UpdateCodec;
  /** Where the residual of an encoding is kept between two reports. */
  readonly residuals: PlanMemory;
  /** Where reports are made, for a program with many clients; new memory for each if left out. */
  readonly memory?: ReportMemory | undefined;
}

/** What preparing a report needs. */
export interface TrainingDeps extends Omit<EncodingDeps, "codec" | "memory"> {
  readonly trainer: LocalTrainer;
  /** The examples that the client trains on. */
  readonly examples: ExampleStore;
  /** Loads the codecs' inner loops, when an update is first encoded. */
  readonly kernels: () => Promise<UpdateKernels>;
}

/** What a report is made from, and the callback that tells how far the work is. */
interface ReportRequest extends TrainingRequest {
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
  const trained = await trainUpdate(deps, request);
  clipUpdate(trained.update, model.plan.plan.clipNorm);
  request.onTrained(trained.result);
  const codec = updateCodec(model.plan.plan.update, await deps.kernels());
  return encodeReport({ ...deps, codec }, model, roundNumber, trained);
}

/**
 * Encodes what a training has come to as the report of a round.
 * @param trained - Its update has been clipped; not modified.
 * @throws TributaryError `TRAINING_FAILED` or `UPDATE_OUT_OF_RANGE`.
 */
export function encodeReport(
  deps: EncodingDeps,
  model: VerifiedModel,
  roundNumber: number,
  { update, statistics, result }: TrainedUpdate,
): PreparedReport {
  const { plan, parts } = model.plan;
  checkStatistics(statistics);
  const measures = reportedMeasures(result, plan);
  const coins = deps.random.derive(`${streamOf(model, roundNumber)} encode`);
  const encoded = encodeUpdate(deps, model.plan, update, coins);
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

/**
 * Encodes an update with the plan's codec. A codec with error feedback first adds the residual of the
 * last update that counted, and leaves a new one.
 * @param coins - What codecs with random rounding draw from.
 */
export function encodeUpdate(
  { codec, residuals, memory }: Pick<EncodingDeps, "codec" | "residuals" | "memory">,
  { id, plan }: VerifiedPlan,
  update: Float32Array,
  coins: RandomSource,
): Pick<PreparedReport, "codec" | "payload" | "counted"> {
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
      throw trainerFailed(`The trainer returned ${value ?? "no value"} for the metric ${name}`);
    }
    return { name, value };
  });
  for (const { name } of basesToReport(plan)) {
    if (!bases.some((basis) => basis.name === name)) {
      throw trainerFailed(`The trainer returned no sums named ${name} for the plan's metrics`);
    }
  }
  return { metrics, bases };
}
