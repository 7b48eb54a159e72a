import type { CombinedUpdate } from "./aggregation-rule.ts";
import type { HeldUpdates } from "./held-updates.ts";
import { bytesPerScoredUpdate, krumScores } from "./krum-scores.ts";
import { neighbourhoods } from "./neighbourhoods.ts";
import type { HeldRuleImplementation } from "./rule-implementation.ts";
import type { TimeSlice } from "./time-slice.ts";

/**
 * The rule `multiKrum`: the mean of the `selected` updates with the smallest scores, where an
 * update's score is the sum of the squared distances to its n − f − 2 nearest others. Of equal
 * scores the update with the smaller hash comes first. Example counts are ignored.
 * @see arXiv:1703.02757, §6 (Multi-Krum)
 */
export const multiKrum: HeldRuleImplementation<{
  readonly byzantine: number;
  readonly selected?: number;
}> = {
  bytesPerUpdate: bytesPerScoredUpdate,
  combine: ({ byzantine, selected }, held, slice) =>
    meanOfBest(held, byzantine, selected ?? held.count - byzantine - 2, slice),
};

/**
 * Returns the mean of the updates with the smallest scores.
 * @param byzantine - f, the number of updates that may be hostile; n ≥ 2f + 3.
 * @param selected - Number of updates in the mean, from 1 to n − f − 2.
 */
export async function meanOfBest(
  held: HeldUpdates,
  byzantine: number,
  selected: number,
  slice: TimeSlice,
): Promise<CombinedUpdate> {
  const near = await neighbourhoods(held, slice);
  const scores = await krumScores(near, new Uint8Array(held.count).fill(1), byzantine, slice);
  // Of equal scores the lower index comes first: the updates are in the order of their hashes.
  const best = Array.from(scores.keys()).sort((a, b) => scores[a]! - scores[b]! || a - b);
  return meanOf(held, best.slice(0, selected), slice);
}

/** Returns the mean over the updates with the given indices. */
async function meanOf(
  held: HeldUpdates,
  updates: readonly number[],
  slice: TimeSlice,
): Promise<CombinedUpdate> {
  const sums = held.sums();
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
