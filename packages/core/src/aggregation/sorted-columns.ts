import type { TimeSlice } from "./time-slice.ts";

/**
 * Sorts each column of a matrix: afterwards row k holds the k-th smallest value of every column.
 * This is a sorting network: which rows it compares does not depend on the values, so that each
 * comparison is one pass over two whole rows.
 * @param rows - Float32, shape [n][≥ columns], finite; sorted in place.
 * @see Knuth, The Art of Computer Programming, volume 3, §5.2.2, Algorithm M (Batcher's merge
 *   exchange)
 */
export async function sortColumns(
  rows: readonly Float32Array[],
  columns: number,
  slice: TimeSlice,
): Promise<void> {
  const n = rows.length;
  if (n < 2) return;
  const top = 2 ** (Math.ceil(Math.log2(n)) - 1);
  for (let p = top; p >= 1; p /= 2) {
    let q = top;
    let r = 0;
    let distance = p;
    for (;;) {
      for (let i = 0; i < n - distance; i++) {
        if ((i & p) !== r) continue;
        exchange(rows[i]!, rows[i + distance]!, columns);
        if (slice.isUsedUp(columns)) await slice.yieldTurn();
      }
      if (q === p) break;
      distance = q - p;
      q /= 2;
      r = p;
    }
  }
}

/** Puts the smaller value of each column into `low`, and the larger one into `high`. */
function exchange(low: Float32Array, high: Float32Array, columns: number): void {
  for (let i = 0; i < columns; i++) {
    const a = low[i]!;
    const b = high[i]!;
    // A branch would be slower: on such data the processor would mispredict about half of them.
    low[i] = Math.min(a, b);
    high[i] = Math.max(a, b);
  }
}
