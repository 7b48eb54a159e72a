import { formatBytes } from "../terminal/output.ts";
import type { DemoResult } from "./demo-result.ts";

/** What `demo --json` prints. */
export interface DemoSummary {
  readonly rounds: number;
  /** Null if the task has no such metric. */
  readonly finalAccuracy: number | null;
  readonly finalLoss: number | null;
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
  { clients, seed, model }: Pick<DemoSummary, "clients" | "seed" | "model">,
): DemoSummary {
  const { target, score } = result;
  return {
    rounds: result.rounds,
    finalAccuracy: score["accuracy"] ?? null,
    finalLoss: score["loss"] ?? null,
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
  const { finalAccuracy, finalLoss, target, seed } = summary;
  const up = formatBytes(summary.bytesUpPerClientRound);
  const down = formatBytes(summary.bytesDownPerClientRound);
  const float32 = formatBytes(summary.float32BytesPerUpdate);
  const again = isRepeatable ? `; run it again with --seed ${seed} for the same bits` : "";
  return [
    "",
    finalAccuracy === null
      ? `loss        ${(finalLoss ?? Number.NaN).toFixed(4)} on held-out examples`
      : `accuracy    ${(100 * finalAccuracy).toFixed(2)} % on held-out examples`,
    ...(target === null
      ? []
      : [`target      reached by round ${target.round}, scored after ${target.seconds} s`]),
    `traffic     ${up} up and ${down} down a client and round; a float32 update alone is ${float32}`,
    `model       ${summary.model}/model.json (loads in TensorFlow.js)`,
    `checkpoint  ${summary.checkpoint}`,
    `time        ${summary.seconds} s${again}`,
  ].join("\n");
}

/** Seconds, rounded to a tenth. */
const tenths = (ms: number): number => Math.round(ms / 100) / 10;
