import type { ComparedSeries, Comparison } from "./compare.ts";
import type { Spread } from "./summary.ts";

/** A comparison as the cells of a table, for people. */
export function comparisonTable({ measure, series }: Comparison): {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
} {
  return {
    head: [
      ...["", "runs", `last ${measure}`, `best ${measure}`, "rounds to target", "MB in all"],
      "p (last, against the first)",
    ],
    rows: series.map((one) => [
      one.series,
      String(one.seeds.length),
      shown(one.last, (value) => shownMeasure(measure, value)),
      shown(one.best, (value) => shownMeasure(measure, value)),
      reached(one),
      shown(one.bytes, (value) => (value / 1e6).toPrecision(4)),
      one.pValue === null ? "–" : one.pValue.toPrecision(2),
    ]),
  };
}

/** A measure as people read it: accuracy in percent. */
export function shownMeasure(measure: string, value: number): string {
  return measure === "accuracy" ? `${(100 * value).toFixed(2)} %` : value.toPrecision(4);
}

/** Mean and deviation; a dash where there is nothing. */
export function shown(spread: Spread | null | undefined, show: (value: number) => string): string {
  if (spread === null || spread === undefined) return "–";
  return spread.count === 1
    ? show(spread.mean)
    : `${show(spread.mean)} ± ${show(spread.deviation)}`;
}

/** Rounds to the target, with how many runs reached it unless it is all or none. */
export function reached({
  roundsToTarget,
  seeds,
}: Pick<ComparedSeries, "roundsToTarget" | "seeds">): string {
  const text = shown(roundsToTarget, (value) => value.toFixed(1));
  const count = roundsToTarget?.count ?? 0;
  return count === 0 || count === seeds.length ? text : `${text} (${count} of ${seeds.length})`;
}
