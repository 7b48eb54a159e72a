// Krum and what is built on it: rules that choose whole updates by their distances from each other.
import type { CombinedUpdate } from "./aggregation-rule.ts";
import { BlockSums } from "./block-sums.ts";
import { meanAroundMedian } from "./coordinate-rules.ts";
import type { HeldUpdates } from "./held-updates.ts";
import { neighbourhoods, type Neighbourhoods } from "./neighbourhoods.ts";
import type { TimeSlice } from "./time-slice.ts";

/**
 * Multi-Krum: the mean of the `selected` updates with the smallest scores, where an update's score is the sum of the
 * squared distances to its n − f − 2 nearest others. With `selected` 1 it is Krum. Equal scores go by the updates'
 * hashes. Example counts are ignored.
 * @param byzantine - f; n ≥ 2f + 3.
 * @param selected - From 1 to n − f − 2.
 * @see arXiv:1703.02757, §4 (Krum) and §6 (Multi-Krum)
 */
export async function multiKrum(
  held: HeldUpdates,
  byzantine: number,
  selected: number,
  slice: TimeSlice,
): Promise<CombinedUpdate> {
  const near = await neighbourhoods(held, slice);
  const scores = await krumScores(near, new Uint8Array(held.count).fill(1), byzantine, slice);
  const best = Array.from(scores.keys()).sort((a, b) => scores[a]! - scores[b]! || a - b);
  return meanOf(held, best.slice(0, selected), slice);
}

/**
 * Bulyan over Krum: Krum chooses n − 2f updates one after the other, each without those chosen before; of these, for each
 * value, the mean of the n − 4f nearest to the median. Against a hostile update that hides a large change of a few values behind
 * a small distance, which Krum alone may choose. Example counts are ignored.
 * @param byzantine - f; n ≥ 4f + 3.
 * @see arXiv:1802.07927, §4: θ = n − 2f, β = θ − 2f
 */
export async function bulyan(
  held: HeldUpdates,
  byzantine: number,
  slice: TimeSlice,
): Promise<CombinedUpdate> {
  const n = held.count;
  const near = await neighbourhoods(held, slice);
  const left = new Uint8Array(n).fill(1);
  const chosen: number[] = [];
  while (chosen.length < n - 2 * byzantine) {
    const scores = await krumScores(near, left, byzantine, slice);
    const best = scores.reduce((least, score, i) => (score < scores[least]! ? i : least), 0);
    left[best] = 0;
    chosen.push(best);
  }
  return meanAroundMedian(held, chosen, n - 4 * byzantine, slice);
}

/**
 * Krum's score of each update among those that are left; Infinity for the others.
 * As Bulyan empties the set, m − f − 2 falls to nothing for the last of them: at least one neighbour is counted, so that
 * a score still says something.
 */
async function krumScores(
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

async function meanOf(
  held: HeldUpdates,
  updates: readonly number[],
  slice: TimeSlice,
): Promise<CombinedUpdate> {
  const sums = new BlockSums(held.dimension, held.maxAbs, held.memory);
  const rows = held.rows(updates.length);
  for (const { offset, length } of held.blocks()) {
    for (const [index, row] of rows.entries()) {
      held.read(updates[index]!, offset, length, row);
      if (slice.isUsedUp(length)) await slice.yieldTurn();
    }
    await sums.set(offset, length, rows, slice);
  }
  return { sums, weight: updates.length };
}
