import type { CombinedUpdate } from "../aggregation/aggregation-rule.ts";
import { fedAvgStep } from "./fedavg-step.ts";
import type { ModelState, ModelTerms } from "./model-state.ts";
import { packNextState, type PackingDeps } from "./pack-state.ts";

/**
 * Makes the next state of a task's model from the combined update of one round: the server
 * optimizer's step, then the encoding in which the result travels.
 * @param before - The state that the round's members trained from; not modified.
 * @param update - What the round's aggregation rule made of the reports.
 * @param learningRate - The server's learning rate η; 1 is plain federated averaging.
 * @throws TributaryError `UPDATE_OUT_OF_RANGE` when the plan's encoding cannot hold a value.
 */
export async function serverStep(
  before: ModelState,
  update: CombinedUpdate,
  terms: ModelTerms,
  learningRate: number,
  deps: PackingDeps,
): Promise<ModelState> {
  const { ranges } = terms;
  const { yieldTurn } = deps;
  const stepped = await fedAvgStep(before.weights, ranges, update, learningRate, yieldTurn);
  return packNextState(stepped, before, terms, deps);
}
