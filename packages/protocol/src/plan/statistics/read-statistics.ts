import type { TableContract } from "../contract/data-contract.ts";
import { MOMENT, statisticsColumns, type Histogram } from "./statistics-columns.ts";

/** The statistics of a column over the examples of all clients of a round. */
export type ColumnStatistics = NumberStatistics | WordStatistics;

/**
 * Of a column of numbers. Mean and deviation are NaN if no row has a value, and the deviation is after
 * the first round, which finds the mean.
 */
export interface NumberStatistics {
  readonly kind: "numbers";
  readonly name: string;
  /** How many rows have a value, and how many have none. */
  readonly present: number;
  readonly missing: number;
  readonly mean: number;
  /** The standard deviation, with divisor n. */
  readonly deviation: number;
  /** For columns with bounds. */
  readonly distribution?: Distribution;
}

/** How the numbers of a column are distributed, as exactly as the bins are wide. */
export interface Distribution {
  /** The lower edge of the first bin, and the upper edge of the last bin, that holds a number. */
  readonly least: number;
  readonly most: number;
  /** The first quartile, the median and the third quartile. */
  readonly quartiles: readonly [number, number, number];
  /** The number of rows in each bin. */
  readonly histogram: readonly number[];
}

/** Of a column of words. */
export interface WordStatistics {
  readonly kind: "words";
  readonly name: string;
  readonly present: number;
  readonly missing: number;
  /** How many rows have each word, in the contract's order. */
  readonly counts: readonly { readonly word: string; readonly count: number }[];
}

/**
 * Reads what a statistics task has come to.
 * @param means - The checkpoint of its last round.
 * @param rows - The number of examples of that round.
 * @returns One for each feature and one for the label.
 */
export function readStatistics(
  contract: TableContract,
  bins: number,
  means: Float32Array,
  rows: number,
): readonly ColumnStatistics[] {
  const countOf = (share: number): number => Math.round(share * rows);
  return statisticsColumns(contract, bins).map((column): ColumnStatistics => {
    const { name } = column;
    if (column.kind === "words") {
      const shares = means.subarray(column.shares, column.shares + column.words.length);
      const counts = column.words.map((word, index) => ({ word, count: countOf(shares[index]!) }));
      const present = counts.reduce((sum, { count }) => sum + count, 0);
      return { kind: "words", name, present, missing: rows - present, counts };
    }
    const moment = (which: keyof typeof MOMENT): number => means[column.moments + MOMENT[which]]!;
    const present = countOf(moment("present"));
    const share = present / rows;
    const mean = moment("sum") / share;
    const centre = moment("centre");
    const variance = moment("squares") / share - (mean - centre) ** 2;
    const isCounted = centre !== 0 || mean === 0 || variance > 0;
    return {
      ...{ kind: "numbers", name, present, missing: rows - present, mean },
      deviation: isCounted ? deviationOf(variance, mean) : NaN,
      ...(column.histogram === undefined || present === 0
        ? {}
        : { distribution: distributionOf(column.histogram, means, countOf) }),
    };
  });
}

/** What float32 cannot tell from the mean is none. A rounding may have taken the variance below 0. */
function deviationOf(variance: number, mean: number): number {
  const deviation = Math.sqrt(Math.max(0, variance));
  return deviation < Math.abs(mean) * 2 ** -23 ? 0 : deviation;
}

function distributionOf(
  { offset, bins, minimum, maximum }: Histogram,
  means: Float32Array,
  countOf: (share: number) => number,
): Distribution {
  const histogram = Array.from(means.subarray(offset, offset + bins), countOf);
  const edge = (bin: number): number => minimum + ((maximum - minimum) * bin) / bins;
  const total = histogram.reduce((sum, count) => sum + count, 0);
  const quantile = (fraction: number): number => {
    let below = 0;
    for (const [bin, count] of histogram.entries()) {
      // Within a bin, numbers are taken to be evenly spread.
      if (count > 0 && below + count >= fraction * total) {
        return edge(bin + (fraction * total - below) / count);
      }
      below += count;
    }
    return maximum;
  };
  return {
    least: edge(histogram.findIndex((count) => count > 0)),
    most: edge(histogram.findLastIndex((count) => count > 0) + 1),
    quartiles: [quantile(0.25), quantile(0.5), quantile(0.75)],
    histogram,
  };
}
