import type { CombinedUpdate } from "../aggregation/aggregation-rule.ts";
import type { ModelState, ModelTerms } from "./model-state.ts";
import { optimizerStep } from "./optimizer-step.ts";
import { packNextState, type PackingDeps } from "./pack-state.ts";
import type { ServerOptimizer } from "./server-optimizer.ts";

/** What the reports of a round come to. */
export interface CombinedReports {
  readonly update: CombinedUpdate;
  /** Means, then variances, float32; empty where the plan pools none. */
  readonly statistics: Float32Array;
}

/**
 * Makes the next state of a task's model from the combined update of one round: the server
 * optimizer's step, then the encoding in which the result travels.
 * @param before - The state that the round's members trained from; not modified.
 * @param combined.update - What the round's aggregation rule made of the updates.
 * @param combined.statistics - The moving statistics of the round, which replace those of `before`.
 * @param optimizer - Moves the trained parameters. The statistics do not pass through it.
 * @throws TributaryError `UPDATE_OUT_OF_RANGE` when a value leaves the range of float32, or that of
 *   the plan's encoding.
 */
export async function serverStep(
  before: ModelState,
  { update, statistics }: CombinedReports,
  terms: ModelTerms,
  optimizer: ServerOptimizer,
  deps: PackingDeps,
): Promise<ModelState> {
  const { updated } = terms.parts;
  const { weights, memory } = await optimizerStep(
    optimizer,
    before,
    updated,
    update,
    deps.yieldTurn,
  );
  const next = await packNextState({ stepped: weights, statistics }, before, terms, deps);
  return memory === undefined ? next : { ...next, memory };
}
