import type { ServerOptimizer, SpecOf } from "./server-optimizer.ts";

/**
 * Federated averaging: w ← w + η·Δ̄, where Δ̄ is the combined update.
 * @see arXiv:1602.05629, Algorithm 1; η as in arXiv:2003.00295, Algorithm 1
 */
export function fedAvg({ learningRate }: SpecOf<"fedavg">): ServerOptimizer<never> {
  return {
    remembers: {},
    move({ parameters, sums, weight }) {
      const scale = learningRate / weight;
      for (let i = 0; i < sums.length; i++) parameters[i] = parameters[i]! + sums[i]! * scale;
    },
  };
}
