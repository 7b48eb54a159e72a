import type { Plan } from "@tributary/protocol";
import { strictRecord } from "@tributary/protocol/schemas";
import type { Algorithm, Surroundings } from "./algorithm.ts";
import { nameKey } from "../options/option-keys.ts";
import { divided, scaled } from "./vectors.ts";

export const fedNovaOptions = strictRecord({
  name: nameKey(
    "fednova",
    "Updates are divided by how far the client's steps could go, so that clients with more steps do not pull the model to themselves.",
  ),
});

/**
 * Client i reports d_i = Δ_i / ‖a_i‖₁. The server moves by τ_eff · Σ p_i d_i, where τ_eff is
 * Σ p_i ‖a_i‖₁ and p_i the report's share of the weight. With equal steps it is federated averaging.
 * @see arXiv:2007.07481, equations 6 to 8
 */
export function fedNova(): Algorithm {
  return {
    conflict,
    async train({ plan, train }) {
      const trained = await train();
      const reach = reachOf(plan, trained.result.steps);
      return { ...trained, update: scaled(trained.update, 1 / reach), numbers: { reach } };
    },
    combine({ update, weight, numbers }) {
      // Σ p_i d_i · τ_eff; both sums are still to be divided by the weight.
      return { update: divided(update, (weight * weight) / numbers["reach"]!) };
    },
  };
}

/**
 * ‖a‖₁ of so many steps: how much the gradients of all steps count together in the update.
 * @see arXiv:2007.07481, section 4: momentum and the proximal term
 */
function reachOf({ training }: Plan, steps: number): number {
  const { optimizer, proximal = 0 } = training;
  const momentum = optimizer.name === "sgd" ? (optimizer.momentum ?? 0) : 0;
  if (momentum > 0) {
    return (steps - (momentum * (1 - momentum ** steps)) / (1 - momentum)) / (1 - momentum);
  }
  const pull = proximal * optimizer.learningRate;
  return pull === 0 ? steps : (1 - (1 - pull) ** steps) / pull;
}

function conflict({ task }: Surroundings): string | undefined {
  const { optimizer, proximal } = task.plan;
  if (optimizer.name !== "sgd") return `plan.optimizer ${optimizer.name}`;
  if (optimizer.nesterov) return "plan.optimizer.nesterov";
  if (optimizer.momentum > 0 && proximal !== null)
    return "both plan.optimizer.momentum and plan.proximal";
  return undefined;
}
