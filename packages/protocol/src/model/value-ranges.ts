// Ranges of the flat parameter vector: which values of a model something is about.

/** A run of consecutive values of the flat parameter vector. */
export interface ValueRange {
  readonly offset: number;
  readonly length: number;
}

/** The number of values in the ranges. */
export function rangesSize(ranges: readonly ValueRange[]): number {
  return ranges.reduce((sum, range) => sum + range.length, 0);
}

/**
 * Picks the values of the ranges, in order.
 * @param values - The flat parameter vector; not modified.
 * @returns Float32, shape [rangesSize]: a view of `values` when one range covers all of it, else a
 * copy.
 */
export function gatherRanges(values: Float32Array, ranges: readonly ValueRange[]): Float32Array {
  const [first] = ranges;
  if (first === undefined) return values.subarray(0, 0);
  if (ranges.length === 1 && first.offset === 0 && first.length === values.length) {
    return values.subarray();
  }
  const gathered = new Float32Array(rangesSize(ranges));
  let filled = 0;
  for (const { offset, length } of ranges) {
    gathered.set(values.subarray(offset, offset + length), filled);
    filled += length;
  }
  return gathered;
}

/**
 * Puts values where the ranges are, in order: the inverse of `gatherRanges`.
 * @param gathered - Float32, shape [rangesSize]; not modified.
 * @param target - The flat parameter vector; modified.
 */
export function scatterRanges(
  gathered: Float32Array,
  ranges: readonly ValueRange[],
  target: Float32Array,
): void {
  let taken = 0;
  for (const { offset, length } of ranges) {
    target.set(gathered.subarray(taken, taken + length), offset);
    taken += length;
  }
}

/**
 * Takes ranges out of others.
 * @param ranges - Ascending and disjoint.
 * @param removed - In any order; each lies within one of `ranges`, or outside all of them.
 * @returns Ascending, disjoint ranges.
 */
export function withoutRanges(
  ranges: readonly ValueRange[],
  removed: readonly ValueRange[],
): readonly ValueRange[] {
  const gaps = [...removed].sort((a, b) => a.offset - b.offset);
  return ranges.flatMap(({ offset, length }) => {
    const left: ValueRange[] = [];
    const end = offset + length;
    let from = offset;
    for (const gap of gaps) {
      if (gap.offset < from || gap.offset >= end) continue;
      if (gap.offset > from) left.push({ offset: from, length: gap.offset - from });
      from = gap.offset + gap.length;
    }
    if (from < end) left.push({ offset: from, length: end - from });
    return left;
  });
}
