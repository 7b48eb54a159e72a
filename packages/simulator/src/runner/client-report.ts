import {
  encodeReport,
  type EncodingDeps,
  type VerifiedModel,
} from "@tributary/client-sdk/simulation";
import { asTributaryError, rangesSize } from "@tributary/protocol";
import type { ClientResult, Vectors } from "../algorithms/algorithm.ts";
import type { TimedTrainer } from "./timed-trainer.ts";
import type { ClientReport, KeptValues } from "./trainer-pool.ts";
import type { WorkerSums } from "./worker-sums.ts";

/** What the report of a client is made with. */
export interface ClientReportDeps extends EncodingDeps {
  readonly trainer: TimedTrainer;
  /** Undefined when the plan's rule needs every single update. */
  readonly sums: WorkerSums | undefined;
}

/** What a report is about. */
interface Reported {
  readonly client: number;
  readonly model: VerifiedModel;
  readonly roundNumber: number;
}

/**
 * Makes the report of a client, and adds its update to the sums, if there are some.
 * @param result - Its update has been clipped.
 * @throws TributaryError as `encodeReport`.
 */
export function clientReport(
  deps: ClientReportDeps,
  { client, model, roundNumber }: Reported,
  result: ClientResult,
): ClientReport {
  const report = encodeReport(deps, model, roundNumber, result);
  report.counted();
  const { exampleCount, codec, metrics, bases } = report;
  const { vectors, numbers, keep } = result;
  const { payload, refusal } = added(deps.sums, model, report);
  // Written out, since parts of objects cost as much here as a pass over a small model.
  return {
    client,
    exampleCount,
    codec,
    payload,
    payloadBytes: report.payload.length,
    refusal,
    metrics,
    bases,
    vectors,
    numbers,
    kept: keptOf(deps, model, keep),
    trainerMs: deps.trainer.takeMs(),
  };
}

/** Adds an update to the sums, if there are some, so that only what is behind it is left. */
function added(
  sums: WorkerSums | undefined,
  { plan }: VerifiedModel,
  { payload, exampleCount }: Pick<ClientReport, "payload" | "exampleCount">,
): Pick<ClientReport, "payload" | "refusal"> {
  if (sums === undefined) return { payload, refusal: undefined };
  const end = payload.length - 4 * rangesSize(plan.parts.statistics);
  const rest = payload.subarray(end);
  try {
    sums.add(payload.subarray(0, end), exampleCount);
    return { payload: rest, refusal: undefined };
  } catch (error) {
    const { code } = asTributaryError(error);
    if (code === "INTERNAL") throw error;
    return { payload: rest, refusal: code };
  }
}

/** What a client keeps once its report counts; undefined if that is nothing. */
function keptOf(
  { residuals, localLayers }: Pick<EncodingDeps, "residuals" | "localLayers">,
  { plan: { id } }: VerifiedModel,
  vectors: Vectors | undefined,
): KeptValues | undefined {
  const residual = residuals.of(id);
  const own = localLayers.of(id);
  if ((residual ?? own ?? vectors) === undefined) return undefined;
  return {
    ...(residual && { residual }),
    ...(own && { localLayers: own }),
    ...(vectors && { vectors }),
  };
}
