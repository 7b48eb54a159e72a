import type { CombinedUpdate } from "./aggregation-rule.ts";
import { Pace, type Rest } from "./pace.ts";

/**
 * The FedAvg server step: w ← w + η·Δ̄ over the trainable ranges, where Δ̄ is (Σ n_k Δ_k)/(Σ n_k) or what another rule made
 * of the updates; the rest is copied.
 * @param weights - Float32, shape [d]; not modified.
 * @param ranges - Where the update's values belong in `weights`, ascending; their lengths add up to an update's.
 * @param learningRate - η; 1 is plain federated averaging.
 * @param rest - Awaited now and then, so that nothing else waits longer than a few milliseconds.
 * @returns New Float32, shape [d].
 * @see arXiv:1602.05629, Algorithm 1; η as in arXiv:2003.00295, Algorithm 1
 */
export async function fedAvgStep(
  weights: Float32Array,
  ranges: readonly { readonly offset: number; readonly length: number }[],
  update: CombinedUpdate,
  learningRate: number,
  rest: Rest,
): Promise<Float32Array> {
  const next = weights.slice();
  const scale = learningRate / update.weight;
  const pace = new Pace(rest);
  const sums = new Float64Array(Math.min(update.sums.dimension, STRIDE));
  let start = 0; // index of the range's first value within the update
  for (const range of ranges) {
    for (let done = 0; done < range.length; done += STRIDE) {
      const part = sums.subarray(0, Math.min(STRIDE, range.length - done));
      update.sums.read(start + done, part);
      const position = range.offset + done;
      for (let i = 0; i < part.length; i++) {
        next[position + i] = weights[position + i]! + part[i]! * scale;
      }
      if (pace.spent(part.length)) await pace.rest();
    }
    start += range.length;
  }
  return next;
}

/** Values at a time: small enough for the first cache. */
const STRIDE = 4_096;
