import type { CombinedUpdate } from "./aggregation-rule.ts";

/**
 * The FedAvg server step: w ← w + η·Δ̄ over the trainable ranges, where Δ̄ is (Σ n_k Δ_k)/(Σ n_k) or what another rule made
 * of the updates; the rest is copied.
 * @param weights - Float32, shape [d]; not modified.
 * @param ranges - Where the update's values belong in `weights`, ascending; their lengths add up to an update's.
 * @param learningRate - η; 1 is plain federated averaging.
 * @returns New Float32, shape [d].
 * @see arXiv:1602.05629, Algorithm 1; η as in arXiv:2003.00295, Algorithm 1
 */
export function fedAvgStep(
  weights: Float32Array,
  ranges: readonly { readonly offset: number; readonly length: number }[],
  update: CombinedUpdate,
  learningRate: number,
): Float32Array {
  const next = weights.slice();
  const scale = learningRate / update.weight;
  let range = 0;
  let start = 0; // index of the range's first value within the update
  update.sums.forEachSum((sum, index) => {
    while (index - start >= ranges[range]!.length) {
      start += ranges[range]!.length;
      range += 1;
    }
    const position = ranges[range]!.offset + index - start;
    next[position] = weights[position]! + sum * scale;
  });
  return next;
}
