import type { CombinedUpdate } from "./aggregation-rule.ts";
import { BlockSums } from "./block-sums.ts";
import type { HeldUpdates } from "./held-updates.ts";
import { bytesPerScoredUpdate, krumScores } from "./krum-scores.ts";
import { neighbourhoods } from "./neighbourhoods.ts";
import type { HeldRuleImplementation } from "./rule-implementation.ts";
import { sortColumns } from "./sorted-columns.ts";
import type { TimeSlice } from "./time-slice.ts";

/**
 * The rule `bulyan`, over Krum: Krum chooses n − 2f updates one after the other, each time among
 * those that are left. Of the chosen updates it takes, for each value, the mean of the n − 4f
 * values nearest to the median. This withstands a hostile update that hides a large change of a few
 * values behind a small distance, which Krum alone may choose. Example counts are ignored.
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
      const best = scores.reduce((least, score, i) => (score < scores[least]! ? i : least), 0);
      left[best] = 0;
      chosen.push(best);
    }
    return meanAroundMedian(held, chosen, n - 4 * byzantine, slice);
  },
};

/**
 * Bulyan's second half: for each value, the mean of the `kept` values that are nearest to the
 * median. Of two values that are equally near, the smaller one is taken.
 * @param updates - The updates to look at.
 * @param kept - From 1 to the number of `updates`.
 */
async function meanAroundMedian(
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

/** The row at which the nearest values begin: in a sorted column they stand together. */
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
