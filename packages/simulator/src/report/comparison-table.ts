import { ATTACK_SUCCESS } from "../runner/score-of-parts.ts";
import type { ComparedSeries, Comparison } from "./compare.ts";
import type { Spread } from "./summary.ts";

/** A comparison as the cells of a table, for people. */
export function comparisonTable({ measure, series }: Comparison): {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
} {
  const isAttacked = series.some(({ attackSuccess }) => attackSuccess !== null);
  const isMixed = new Set(series.flatMap(({ engines }) => engines)).size > 1;
  return {
    head: [
      ...["", "runs", ...(isMixed ? ["engine"] : [])],
      ...[`last ${measure}`, `best ${measure}`],
      ...(isAttacked ? ["attack success"] : []),
      ...["rounds to target", "MB in all", "p (last, against the first)"],
    ],
    rows: series.map((one) => [
      one.series,
      one.failed === 0 ? String(one.seeds.length) : `${one.seeds.length} (${one.failed} failed)`,
      ...(isMixed ? [one.engines.join(", ")] : []),
      shown(one.last, (value) => shownMeasure(measure, value)),
      shown(one.best, (value) => shownMeasure(measure, value)),
      ...(isAttacked
        ? [shown(one.attackSuccess, (value) => shownMeasure(ATTACK_SUCCESS, value))]
        : []),
      reached(one),
      shown(one.bytes, (value) => (value / 1e6).toPrecision(4)),
      one.pValue === null ? "–" : one.pValue.toPrecision(2),
    ]),
  };
}

/** Measures that people read in percent. */
const SHARES: readonly string[] = ["accuracy", ATTACK_SUCCESS];

/** Whether people read a measure in percent. */
export const isShare = (measure: string): boolean => SHARES.includes(measure);

/** A measure as people read it: accuracy in percent. */
export function shownMeasure(measure: string, value: number): string {
  return isShare(measure) ? `${(100 * value).toFixed(2)} %` : value.toPrecision(4);
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
