import { formatBytes } from "../terminal/output.ts";
import { metricsText } from "../terminal/metrics-text.ts";
import type { Metrics } from "./demo-observer.ts";
import type { DemoResult } from "./demo-result.ts";
import { errorsInLabelUnit } from "./label-unit.ts";

/** What `demo --json` prints. */
export interface DemoSummary {
  readonly rounds: number;
  /** Null if the task has no such metric. */
  readonly finalAccuracy: number | null;
  readonly finalPerplexity: number | null;
  readonly finalLoss: number | null;
  /** Of a model that predicts numbers, in their own unit; null if the task has no such metric. */
  readonly finalMeanAbsoluteError: number | null;
  readonly finalRootMeanSquaredError: number | null;
  /** The loss and the task's metrics by name, as the model gives them. */
  readonly finalMetrics: Metrics;
  readonly target: { readonly round: number; readonly seconds: number } | null;
  readonly clients: number;
  readonly bytesUpPerClientRound: number;
  readonly bytesDownPerClientRound: number;
  readonly float32BytesPerUpdate: number;
  readonly checkpoint: string;
  /** The folder with the model in TensorFlow.js's format. */
  readonly model: string;
  readonly seed: number;
  readonly seconds: number;
}

export function demoSummary(
  result: DemoResult,
  { seed, model }: Pick<DemoSummary, "seed" | "model">,
): DemoSummary {
  const { target, score, clients } = result;
  const errors = errorsInLabelUnit(score, result.task.definition);
  return {
    rounds: result.rounds,
    finalAccuracy: score["accuracy"] ?? null,
    finalPerplexity: score["perplexity"] ?? null,
    finalLoss: score["loss"] ?? null,
    finalMeanAbsoluteError: errors.meanAbsolute ?? null,
    finalRootMeanSquaredError: errors.rootMeanSquared ?? null,
    finalMetrics: score,
    target:
      target === undefined ? null : { round: target.round, seconds: tenths(target.elapsedMs) },
    clients,
    bytesUpPerClientRound: result.bytesUpPerClientRound,
    bytesDownPerClientRound: result.bytesDownPerClientRound,
    float32BytesPerUpdate: result.float32Bytes,
    checkpoint: result.checkpoint,
    model,
    seed,
    seconds: tenths(result.elapsedMs),
  };
}

/**
 * Describes the summary to a person.
 * @param isRepeatable - Whether another run with the same seed gives the same bits.
 */
export function describeSummary(summary: DemoSummary, isRepeatable: boolean): string {
  const { target, seed } = summary;
  const up = formatBytes(summary.bytesUpPerClientRound);
  const down = formatBytes(summary.bytesDownPerClientRound);
  const float32 = formatBytes(summary.float32BytesPerUpdate);
  const again = isRepeatable ? `; run it again with --seed ${seed} for the same bits` : "";
  return [
    "",
    `${scoreOf(summary)} on held-out examples`,
    ...furtherMetrics(summary.finalMetrics),
    ...(target === null
      ? []
      : [`target      reached by round ${target.round}, scored after ${target.seconds} s`]),
    `traffic     ${up} up and ${down} down a client and round; a float32 update alone is ${float32}`,
    `model       ${summary.model}/model.json (loads in TensorFlow.js)`,
    `checkpoint  ${summary.checkpoint}`,
    `time        ${summary.seconds} s${again}`,
  ].join("\n");
}

/** How good the model is: its perplexity, else its accuracy, else its errors, else its loss. */
function scoreOf(summary: DemoSummary): string {
  const { finalAccuracy, finalPerplexity, finalLoss } = summary;
  const { finalMeanAbsoluteError, finalRootMeanSquaredError } = summary;
  if (finalPerplexity !== null) return `perplexity  ${finalPerplexity.toFixed(3)}`;
  if (finalAccuracy !== null) return `accuracy    ${(100 * finalAccuracy).toFixed(2)} %`;
  const errors = [
    ...(finalMeanAbsoluteError === null ? [] : [`MAE ${finalMeanAbsoluteError.toPrecision(4)}`]),
    ...(finalRootMeanSquaredError === null
      ? []
      : [`RMSE ${finalRootMeanSquaredError.toPrecision(4)}`]),
  ];
  if (errors.length > 0) return `error       ${errors.join(", ")}`;
  return `loss        ${(finalLoss ?? Number.NaN).toFixed(4)}`;
}

/** What the line on the score does not show. */
function furtherMetrics(metrics: Metrics): string[] {
  const shown =
    "perplexity" in metrics ? /^(loss|perplexity|.*Error)$/ : /^(loss|accuracy|.*Error)$/;
  const further = Object.entries(metrics).filter(([name]) => !shown.test(name));
  return further.length === 0 ? [] : [`metrics     ${metricsText(Object.fromEntries(further))}`];
}

/** Seconds, rounded to a tenth. */
const tenths = (ms: number): number => Math.round(ms / 100) / 10;
