import type { CombinedUpdate } from "./aggregation-rule.ts";
import type { HeldUpdates } from "./held-updates.ts";
import type { HeldRuleImplementation } from "./rule-implementation.ts";
import { sortColumns } from "./sorted-columns.ts";
import type { TimeSlice } from "./time-slice.ts";

/**
 * The rule `trimmedMean`: for each value the mean over the updates, without the f smallest and the
 * f largest. The result is within the range of the honest values as long as at most f updates are
 * hostile. Example counts are ignored.
 * @see arXiv:1803.01498, Definition 2; its β is f/n here, the smallest that the paper allows
 */
export const trimmedMean: HeldRuleImplementation<{ readonly byzantine: number }> = {
  bytesPerUpdate: () => 0,
  combine: ({ byzantine }, held, slice) => trimColumns(held, byzantine, slice),
};

/**
 * Returns for each value the mean over the updates, without the `trim` smallest and the `trim`
 * largest.
 * @param trim - A whole number ≥ 0 with 2 · trim < n, where n is the number of updates.
 */
export async function trimColumns(
  held: HeldUpdates,
  trim: number,
  slice: TimeSlice,
): Promise<CombinedUpdate> {
  const n = held.count;
  const sums = held.sums();
  const rows = held.rows(n);
  for (const { offset, length } of held.blocks()) {
    for (const [update, row] of rows.entries()) {
      held.read(update, offset, length, row);
      if (slice.isUsedUp(length)) await slice.yieldTurn();
    }
    await sortColumns(rows, length, slice);
    await sums.set(offset, length, rows.slice(trim, n - trim), slice);
  }
  return { sums, weight: n - 2 * trim };
}
