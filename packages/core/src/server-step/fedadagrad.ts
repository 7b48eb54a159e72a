import type { ServerOptimizer, SpecOf } from "./server-optimizer.ts";

/**
 * FedAdagrad, with β₁ = 0: v ← v + Δ̄², w ← w + η·Δ̄ / (√v + τ). v begins with τ².
 * @see arXiv:2003.00295, Algorithm 2
 */
export function fedAdagrad({
  learningRate,
  tau,
}: SpecOf<"fedadagrad">): ServerOptimizer<"squares"> {
  return {
    remembers: { squares: tau * tau },
    move({ parameters, sums, weight, memory: { squares } }) {
      for (let i = 0; i < sums.length; i++) {
        const change = sums[i]! / weight;
        const v = squares[i]! + change * change;
        parameters[i] = parameters[i]! + (learningRate * change) / (Math.sqrt(v) + tau);
        squares[i] = v;
      }
    },
  };
}
