import { NEIGHBOURHOOD_BYTES, type Neighbourhoods } from "./neighbourhoods.ts";
import type { TimeSlice } from "./time-slice.ts";

/**
 * Returns the bytes that the computation of Krum's scores takes for each update: one row of its
 * values, and its distances to the other updates.
 */
export function bytesPerScoredUpdate(reports: number, rowBytes: number): number {
  return rowBytes + reports * NEIGHBOURHOOD_BYTES;
}

/**
 * Computes Krum's score of each update that is left. With m updates left, it is the sum of the
 * squared distances to the m − f − 2 nearest of them. An update that is not left has the score
 * Infinity.
 *
 * Bulyan takes one update after the other out of the set, until m − f − 2 is 0 or negative. At
 * least one neighbour is counted, so that the scores still differ.
 * @param left - 1 for each update that is left, 0 for the others; not modified.
 * @param byzantine - f, the number of updates that may be hostile.
 * @returns Float64, one score for each update, in weight units squared.
 * @see arXiv:1703.02757, §4
 */
export async function krumScores(
  near: Neighbourhoods,
  left: Uint8Array,
  byzantine: number,
  slice: TimeSlice,
): Promise<Float64Array> {
  const m = left.reduce((sum, one) => sum + one, 0);
  const counted = Math.min(m - 1, Math.max(1, m - byzantine - 2));
  const scores = new Float64Array(left.length).fill(Infinity);
  for (let i = 0; i < left.length; i++) {
    if (left[i] === 0) continue;
    let score = 0;
    let met = 0;
    for (const j of near.nearest[i]!) {
      if (met === counted) break;
      if (left[j] === 0) continue;
      score += near.squaredDistances[i]![j]!;
      met += 1;
    }
    scores[i] = score;
    if (slice.isUsedUp(left.length)) await slice.yieldTurn();
  }
  return scores;
}
