import type { CombinedUpdate } from "../aggregation/aggregation-rule.ts";
import { fedAvgStep } from "./fedavg-step.ts";
import type { ModelState, ModelTerms } from "./model-state.ts";
import { packNextState, type PackingDeps } from "./pack-state.ts";

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
 * @param learningRate - The server's learning rate η; 1 is plain federated averaging. It does not
 *   apply to the statistics.
 * @throws TributaryError `UPDATE_OUT_OF_RANGE` when the plan's encoding cannot hold a value.
 */
export async function serverStep(
  before: ModelState,
  { update, statistics }: CombinedReports,
  terms: ModelTerms,
  learningRate: number,
  deps: PackingDeps,
): Promise<ModelState> {
  const { updated } = terms.parts;
  const { yieldTurn } = deps;
  const stepped = await fedAvgStep(before.weights, updated, update, learningRate, yieldTurn);
  return packNextState({ stepped, statistics }, before, terms, deps);
}
