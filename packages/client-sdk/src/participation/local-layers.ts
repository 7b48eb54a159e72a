import { gatherRanges, scatterRanges } from "@tributary/protocol";
import type { VerifiedModel } from "../trust/verified-model.ts";
import type { PlanMemory } from "./plan-memory.ts";

/**
 * A model's parameters as this client has them: those of the checkpoint, but its own in the layers
 * that the plan leaves to each client.
 * @param kept - The client's own values, from `localValues`.
 * @returns Float32, shape [layout.size], not to be modified: the checkpoint's own array where the
 *   client has nothing of its own.
 * @see arXiv:2102.07623 (FedBN)
 */
export function personalWeights(
  { plan, checkpoint }: VerifiedModel,
  kept: PlanMemory,
): Float32Array {
  const own = kept.of(plan.id);
  if (own === undefined) return checkpoint.weights;
  const weights = checkpoint.weights.slice();
  scatterRanges(own, plan.parts.local, weights);
  return weights;
}

/** Returns the values of the layers that stay with the client. @param weights - All parameters. */
export function localValues(weights: Float32Array, { plan }: VerifiedModel): Float32Array {
  return gatherRanges(weights, plan.parts.local);
}
