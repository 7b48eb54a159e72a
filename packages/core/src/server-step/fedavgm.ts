import type { ServerOptimizer, SpecOf } from "./server-optimizer.ts";

/**
 * Federated averaging with momentum: v ← β·v + Δ̄, w ← w + η·v. The step is computed as
 * ηβ·v + η·Δ̄ with the old velocity, so that β = 0 gives the bits of federated averaging.
 * @see arXiv:1909.06335, section 4.3
 */
export function fedAvgM({
  learningRate,
  momentum,
}: SpecOf<"fedavgm">): ServerOptimizer<"velocity"> {
  const kept = learningRate * momentum;
  return {
    remembers: { velocity: 0 },
    move({ parameters, sums, weight, memory: { velocity } }) {
      const scale = learningRate / weight;
      for (let i = 0; i < sums.length; i++) {
        parameters[i] = parameters[i]! + (kept * velocity[i]! + sums[i]! * scale);
        velocity[i] = momentum * velocity[i]! + sums[i]! / weight;
      }
    },
  };
}
