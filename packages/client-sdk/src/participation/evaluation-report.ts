import { asTributaryError } from "@tributary/protocol";
import type { Examples } from "../examples/examples.ts";
import type { LocalTrainer, TrainingMetrics } from "../training/local-trainer.ts";
import type { VerifiedModel } from "../trust/verified-model.ts";
import { reportedMetrics, type PreparedReport } from "./prepared-report.ts";

/**
 * Measures a checkpoint on held-out examples, for the report of an evaluation. Such a report has
 * metrics and no update.
 * @param request - The verified model and its parameters, which are not modified; the held-out
 *   examples; and the signal that stops the work.
 * @throws TributaryError `TRAINING_FAILED`, `EXAMPLES_INVALID`, `MODEL_UNSUPPORTED`, or `ABORTED`.
 */
export async function prepareEvaluation(
  trainer: LocalTrainer,
  request: {
    readonly model: VerifiedModel;
    /** The parameters to measure, which may be this client's own in some layers; not modified. */
    readonly weights: Float32Array;
    readonly examples: Examples;
    readonly signal: AbortSignal;
  },
): Promise<PreparedReport> {
  const { model, weights, examples, signal } = request;
  const { plan } = model.plan;
  let values: TrainingMetrics;
  try {
    values = await trainer.evaluate({ plan, weights, examples, signal });
  } catch (error) {
    throw asTributaryError(error, "TRAINING_FAILED", "The trainer failed to evaluate");
  }
  const metrics = reportedMetrics(values, plan);
  // The report of an evaluation names no codec and has an empty payload (docs/protocol.md).
  const payload = new Uint8Array(0);
  return { exampleCount: examples.count, codec: "", payload, metrics, counted: () => {} };
}
