import {
  areaErrorAtMost,
  classFigures,
  confusionRows,
  type BasisName,
  type ClassFigures,
  type MetricBasis,
} from "@tributary/protocol";

/**
 * The value that so many of a hundred members do not exceed, of one measure. Each value is that of
 * one member, by the nearest rank.
 */
export interface Percentiles {
  readonly p10: number;
  readonly p25: number;
  readonly p50: number;
  readonly p75: number;
  readonly p90: number;
}

/** What a round has measured beyond one number for each metric. Only what was asked for is there. */
export interface MetricDetail {
  /**
   * How often each class was taken for each: a row for each true class, with a count for each
   * answer. Counts of capped reports, and of models with several answers to an example, are in
   * examples and need not be whole.
   */
  readonly confusion?: readonly (readonly number[])[];
  /** Precision, recall, F1 and support of each class; of answers of yes or no, of no and of yes. */
  readonly classes?: readonly ClassFigures[];
  /** By how much `auc` may differ from the area that the scores themselves would give. */
  readonly aucErrorAtMost?: number;
  /** Percentiles over the members of an evaluation, by measure. */
  readonly percentiles?: Readonly<Record<string, Percentiles>>;
}

/**
 * The fewest reports of which percentiles are made. A percentile is the figure of one member. From
 * 50 reports on at least five members lie at or beyond the outer ones, so that none is that of the
 * best or of the worst member.
 */
export const FEWEST_FOR_PERCENTILES = 50;

/** The percentiles of values, at least one, in any order. */
export function percentilesOf(values: readonly number[]): Percentiles {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (percent: number): number => sorted[Math.ceil((percent * sorted.length) / 100) - 1]!;
  return { p10: at(10), p25: at(25), p50: at(50), p75: at(75), p90: at(90) };
}

/** What added-up bases say beyond single numbers. */
export function detailOf(bases: readonly MetricBasis[]): MetricDetail {
  const valuesOf = (basis: BasisName): readonly number[] | undefined =>
    bases.find(({ name }) => name === basis)?.values;
  const confusion = valuesOf("confusion");
  const scores = valuesOf("scores");
  return {
    ...(confusion && { confusion: confusionRows(confusion), classes: classFigures(confusion) }),
    ...(scores && { aucErrorAtMost: areaErrorAtMost(scores) }),
  };
}
