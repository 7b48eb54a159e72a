import type { DataContract } from "@tributary/protocol";
import type { RoundRecord } from "@tributary/server";

type MetricDetail = RoundRecord["metricDetail"];

/** More classes than this are not shown one by one; `--json` has them all. */
export const MOST_CLASSES = 20;

/** The names of the classes, where a data contract has them. */
export const classNamesOf = (
  contract: DataContract | null | undefined,
): readonly string[] | undefined =>
  contract?.type === "text" ? undefined : contract?.label.classes;

/**
 * Describes to a person what a round has measured beyond one number for each metric.
 * @param names - The names of the classes; they are numbered from 0 if left out.
 */
export function describeDetail(detail: MetricDetail, names?: readonly string[]): string[] {
  const { aucErrorAtMost } = detail;
  return [
    ...describeClasses(detail, names),
    ...describePercentiles(detail),
    ...(aucErrorAtMost === undefined
      ? []
      : [`auc         within ${aucErrorAtMost.toFixed(4)} of the scores' own`]),
  ];
}

function describeClasses(
  { classes = [], confusion = [] }: MetricDetail,
  names: readonly string[] = [],
): string[] {
  if (classes.length === 0) return [];
  if (classes.length > MOST_CLASSES) {
    return [`classes     ${classes.length}; --json has the figures of each`];
  }
  return classes.map(({ precision, recall, f1 }, index) => {
    const figures = `precision ${decimals(precision)}, recall ${decimals(recall)}, f1 ${decimals(f1)}`;
    const taken = confusion[index]?.map(count).join(" ") ?? "";
    return `${index === 0 ? "classes     " : INDENT}${names[index] ?? index}: ${figures}; taken for: ${taken}`;
  });
}

function describePercentiles({ percentiles = {} }: MetricDetail): string[] {
  return Object.entries(percentiles).map(([name, { p10, p25, p50, p75, p90 }], index) => {
    const values = [p10, p25, p50, p75, p90].map(decimals).join(" ");
    return `${index === 0 ? "members     " : INDENT}${name} ${values} (p10 p25 p50 p75 p90)`;
  });
}

const INDENT = " ".repeat(12);

const decimals = (value: number): string => value.toFixed(4);

/** Counts of capped reports are not whole. */
const count = (value: number): string =>
  Number.isInteger(value) ? String(value) : value.toFixed(1);
