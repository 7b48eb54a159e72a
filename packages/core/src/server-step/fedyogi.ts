import type { ServerOptimizer, SpecOf } from "./server-optimizer.ts";

/**
 * FedYogi: m ← β₁·m + (1 − β₁)·Δ̄, v ← v − (1 − β₂)·Δ̄²·sign(v − Δ̄²), w ← w + η·m / (√v + τ).
 * m begins with 0 and v with τ².
 * @see arXiv:2003.00295, Algorithm 2
 */
export function fedYogi(spec: SpecOf<"fedyogi">): ServerOptimizer<"mean" | "squares"> {
  const { learningRate, beta1, beta2, tau } = spec;
  return {
    remembers: { mean: 0, squares: tau * tau },
    move({ parameters, sums, weight, memory: { mean, squares } }) {
      for (let i = 0; i < sums.length; i++) {
        const change = sums[i]! / weight;
        const square = change * change;
        const m = beta1 * mean[i]! + (1 - beta1) * change;
        const v = squares[i]! - (1 - beta2) * square * Math.sign(squares[i]! - square);
        parameters[i] = parameters[i]! + (learningRate * m) / (Math.sqrt(v) + tau);
        mean[i] = m;
        squares[i] = v;
      }
    },
  };
}
