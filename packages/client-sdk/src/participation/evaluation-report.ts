import { asTributaryError } from "@tributary/protocol";
import type { ExampleSource } from "../examples/example-reader.ts";
import type { EvaluateRequest, LocalTrainer, TrainResult } from "../training/local-trainer.ts";
import type { VerifiedModel } from "../trust/verified-model.ts";
import { reportedMeasures, type PreparedReport } from "./prepared-report.ts";

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
    readonly examples: ExampleSource;
    readonly signal: AbortSignal;
    /** As in `TrainRequest`. */
    readonly hold?: EvaluateRequest["hold"];
  },
): Promise<PreparedReport> {
  const { model, weights, examples, signal, hold } = request;
  const { plan } = model.plan;
  const asked = { plan, weights, examples, signal, hold };
  let measured: Pick<TrainResult, "metrics" | "bases">;
  try {
    measured = (await trainer.measure?.(asked)) ?? { metrics: await trainer.evaluate(asked) };
  } catch (error) {
    throw asTributaryError(error, "TRAINING_FAILED", "The trainer failed to evaluate");
  }
  const measures = reportedMeasures(measured, plan);
  // The report of an evaluation names no codec and has an empty payload (docs/protocol.md).
  const payload = new Uint8Array(0);
  return { exampleCount: examples.count, codec: "", payload, ...measures, counted: () => {} };
}
