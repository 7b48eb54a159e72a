import { layoutOf, modelParts, type Plan, type PlanId } from "@tributary/protocol";
import type { VerifiedPlan } from "./verified-model.ts";

/**
 * Works out once what a plan says about its model. Whoever calls it has verified the plan.
 * @param id - The SHA-256 of `bytes`.
 * @param bytes - The canonical bytes of the plan.
 * @throws TributaryError `MODEL_UNSUPPORTED` when the plan trains a layer that the model lacks.
 */
export function wholePlan(id: PlanId, bytes: Uint8Array, plan: Plan): VerifiedPlan {
  const layout = layoutOf(plan.model.parameters);
  return { id, bytes, plan, layout, parts: modelParts(layout, plan.model.topology, plan.training) };
}
