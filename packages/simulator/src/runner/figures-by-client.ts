import type { MetricValue } from "@tributary/protocol";

/** How a measure is distributed over clients, each of which counts alike. */
export interface ClientFigures {
  /** So many percent of the clients have at most this, by the nearest rank. */
  readonly p10: number;
  readonly p25: number;
  readonly p50: number;
  readonly p75: number;
  readonly p90: number;
  /** The mean over the tenth of the clients with the least values, rounded up. */
  readonly lowestTenth: number;
  /** The mean over the tenth of the clients with the greatest values, rounded up. */
  readonly highestTenth: number;
}

/**
 * The distribution of each measure over clients.
 * @param reports - What each client has measured, in any order.
 */
export function figuresByClient(
  reports: readonly (readonly MetricValue[])[],
): Readonly<Record<string, ClientFigures>> {
  const names = reports[0]?.map(({ name }) => name) ?? [];
  return Object.fromEntries(
    names.map((name) => {
      const values = reports.map((report) => report.find((one) => one.name === name)!.value);
      return [name, figuresOf(values.sort((a, b) => a - b))];
    }),
  );
}

/** @param sorted - Ascending, at least one. */
function figuresOf(sorted: readonly number[]): ClientFigures {
  const rank = (percent: number): number => Math.ceil((percent * sorted.length) / 100);
  const at = (percent: number): number => sorted[rank(percent) - 1]!;
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const tenth = rank(10);
  return {
    ...{ p10: at(10), p25: at(25), p50: at(50), p75: at(75), p90: at(90) },
    lowestTenth: mean(sorted.slice(0, tenth)),
    highestTenth: mean(sorted.slice(-tenth)),
  };
}
