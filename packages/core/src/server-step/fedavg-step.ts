import type { ValueRange } from "@tributary/protocol";
import type { CombinedUpdate } from "../aggregation/aggregation-rule.ts";
import { TimeSlice, type YieldTurn } from "../aggregation/time-slice.ts";

/** Number of values that are handled at a time. So few fit into the first-level cache. */
const STRIDE = 4_096;

/**
 * The FedAvg server step: w ← w + η·Δ̄ for the parameters that are trained. Δ̄ is the weighted mean
 * (Σ n_k Δ_k)/(Σ n_k), or what another aggregation rule made of the updates. All other parameters
 * are copied.
 * @param weights - Float32, shape [d]; not modified.
 * @param ranges - Where the update's values belong in `weights`, ascending. Their lengths add up to
 *   the length of an update.
 * @param learningRate - η; 1 is plain federated averaging.
 * @param yieldTurn - Called between slices of work, so that nothing else waits for more than a few
 *   milliseconds.
 * @returns New Float32, shape [d].
 * @see arXiv:1602.05629, Algorithm 1; η as in arXiv:2003.00295, Algorithm 1
 */
export async function fedAvgStep(
  weights: Float32Array,
  ranges: readonly ValueRange[],
  update: CombinedUpdate,
  learningRate: number,
  yieldTurn: YieldTurn,
): Promise<Float32Array> {
  const next = weights.slice();
  const scale = learningRate / update.weight;
  const slice = new TimeSlice(yieldTurn);
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
      if (slice.isUsedUp(part.length)) await slice.yieldTurn();
    }
    start += range.length;
  }
  return next;
}
