import type { CombinedUpdate } from "./aggregation-rule.ts";
import type { HeldUpdates } from "./held-updates.ts";
import { bytesPerScoredUpdate, krumScores } from "./krum-scores.ts";
import { neighbourhoods } from "./neighbourhoods.ts";
import type { HeldRuleImplementation } from "./rule-implementation.ts";
import { sortColumns } from "./sorted-columns.ts";
import type { TimeSlice } from "./time-slice.ts";

/**
 * The rule `bulyan`. It first uses Krum to choose n − 2f updates, one after the other, each time
 * among those that are left. For each value it then takes the mean of the n − 4f values, among
 * those of the chosen updates, that are nearest to their median. A hostile update may change a few
 * values by much and still be near to the others in the sum over all values: Krum alone may choose
 * such an update, and this rule withstands it. Example counts are ignored.
 * @see arXiv:1802.07927, §4: θ = n − 2f, β = θ − 2f
 */
export const bulyan: HeldRuleImplementation<{ readonly byzantine: number }> = {
  bytesPerUpdate: bytesPerScoredUpdate,
  async combine({ byzantine }, held, slice) {
    const n = held.count;
    const near = await neighbourhoods(held, slice);
    const left = new Uint8Array(n).fill(1);
    const chosen: number[] = [];
    while (chosen.length < n - 2 * byzantine) {
      const scores = await krumScores(near, left, byzantine, slice);
      // Of equal scores the first one counts: the updates are in the order of their hashes.
      const best = scores.reduce((least, score, i) => (score < scores[least]! ? i : least), 0);
      left[best] = 0;
      chosen.push(best);
    }
    return meanAroundMedian(held, chosen, n - 4 * byzantine, slice);
  },
};

/**
 * The second half of Bulyan: for each value, the mean of the `kept` values that are nearest to the
 * median. Of two values that are equally near, the smaller one is taken.
 * @param updates - Numbers of the updates whose values are used.
 * @param kept - How many values are averaged, from 1 to the number of `updates`.
 */
async function meanAroundMedian(
  held: HeldUpdates,
  updates: readonly number[],
  kept: number,
  slice: TimeSlice,
): Promise<CombinedUpdate> {
  const sums = held.sums();
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

/**
 * Returns the first of the `kept` rows whose values are nearest to the median of a column. The
 * column is sorted, so that these rows are next to each other.
 */
function windowAroundMedian(rows: readonly Float32Array[], column: number, kept: number): number {
  const n = rows.length;
  const median = (rows[(n - 1) >> 1]![column]! + rows[n >> 1]![column]!) / 2;
  let first = 0;
  // Move up while the value that enters the window is nearer than the value that leaves it.
  while (
    first + kept < n &&
    Math.abs(rows[first + kept]![column]! - median) < Math.abs(rows[first]![column]! - median)
  ) {
    first += 1;
  }
  return first;
}
