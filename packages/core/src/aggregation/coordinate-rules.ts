// Rules that treat each value of the update by itself.
import type { CombinedUpdate } from "./aggregation-rule.ts";
import { BlockSums } from "./block-sums.ts";
import type { HeldUpdates } from "./held-updates.ts";
import type { TimeSlice } from "./time-slice.ts";
import { sortColumns } from "./sorted-columns.ts";

/**
 * Coordinate-wise median; of an even number of values the mean of the two in the middle. Within the range of the honest
 * values as long as they are more than half. Example counts are ignored.
 * @see arXiv:1803.01498, Definition 1
 */
export function coordinateMedian(held: HeldUpdates, slice: TimeSlice): Promise<CombinedUpdate> {
  return trimmedMean(held, Math.ceil(held.count / 2) - 1, slice);
}

/**
 * Coordinate-wise trimmed mean: without the `trim` smallest and the `trim` largest values. Within the range of the honest
 * values as long as at most `trim` are hostile. Example counts are ignored.
 * @param trim - f = βn; 2f < n.
 * @see arXiv:1803.01498, Definition 2, which asks for β ≥ f/n: here it is f/n
 */
export async function trimmedMean(
  held: HeldUpdates,
  trim: number,
  slice: TimeSlice,
): Promise<CombinedUpdate> {
  const n = held.count;
  const sums = new BlockSums(held.dimension, held.maxAbs, held.memory);
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

/**
 * Bulyan's second half: for each value, the mean of the `kept` values nearest to the median. Of two that are as near, the
 * smaller one. Example counts are ignored.
 * @param updates - The updates to look at.
 * @param kept - From 1 to the number of `updates`.
 * @see arXiv:1802.07927, §4
 */
export async function meanAroundMedian(
  held: HeldUpdates,
  updates: readonly number[],
  kept: number,
  slice: TimeSlice,
): Promise<CombinedUpdate> {
  const sums = new BlockSums(held.dimension, held.maxAbs, held.memory);
  const rows = held.rows(updates.length);
  const nearest = held.rows(kept);
  for (const { offset, length } of held.blocks()) {
    for (const [index, row] of rows.entries()) {
      held.read(updates[index]!, offset, length, row);
      if (slice.isUsedUp(length)) await slice.yieldTurn();
    }
    await sortColumns(rows, length, slice);
    for (let column = 0; column < length; column++) {
      const first = windowAroundMedian(rows, column, kept);
      for (let k = 0; k < kept; k++) nearest[k]![column] = rows[first + k]![column]!;
      if (slice.isUsedUp(updates.length)) await slice.yieldTurn();
    }
    await sums.set(offset, length, nearest, slice);
  }
  return { sums, weight: kept };
}

/** In a sorted column the nearest values stand together: the row at which they begin. */
function windowAroundMedian(rows: readonly Float32Array[], column: number, kept: number): number {
  const n = rows.length;
  const median = (rows[(n - 1) >> 1]![column]! + rows[n >> 1]![column]!) / 2;
  let first = 0;
  // Move up while the value that comes in is nearer than the one that goes out.
  while (
    first + kept < n &&
    Math.abs(rows[first + kept]![column]! - median) < Math.abs(rows[first]![column]! - median)
  ) {
    first += 1;
  }
  return first;
}
