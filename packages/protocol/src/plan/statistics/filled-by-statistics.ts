import type {
  CategoricalFeature,
  TableContract,
  Feature,
  NumericFeature,
} from "../contract/data-contract.ts";
import type { Scaling } from "../contract/scaling.ts";
import type { ColumnStatistics, NumberStatistics, WordStatistics } from "./read-statistics.ts";

/**
 * The contract with what the statistics say of it: the scaling of all its numbers to mean 0 and
 * deviation 1, and a value where `whenMissing` leaves it to them. Numbers are written in seven digits,
 * since the statistics are no more exact than that. A column whose numbers are all the same becomes 0,
 * and one without values stays as it is.
 * @param statistics - As `readStatistics` gives them for the contract.
 */
export function filledByStatistics(
  contract: TableContract,
  statistics: readonly ColumnStatistics[],
): TableContract {
  const { features, label } = contract;
  return {
    ...contract,
    features: features.map((feature, index) => filledFeature(feature, statistics[index])),
    label:
      label.scaling === undefined
        ? label
        : { ...label, scaling: standard(label.scaling, statistics[features.length]) },
  };
}

function filledFeature(feature: Feature, found: ColumnStatistics | undefined): Feature {
  switch (feature.type) {
    case "image":
      return { ...feature, scaling: standard(feature.scaling, found) };
    case "numeric": {
      const { scaling, whenMissing } = feature;
      return {
        ...feature,
        scaling: standard(scaling, found),
        whenMissing: hasNumbers(found) ? numberFor(whenMissing, found) : whenMissing,
      };
    }
    case "categorical":
      return { ...feature, whenMissing: wordFor(feature.whenMissing, found) };
  }
}

function standard(before: Scaling, found: ColumnStatistics | undefined): Scaling {
  if (!hasNumbers(found)) return before;
  const { mean, deviation } = found;
  if (Number.isNaN(deviation)) return before;
  return { method: "standard", mean: rounded(mean), deviation: rounded(deviation) || 1 };
}

function numberFor(
  whenMissing: NumericFeature["whenMissing"],
  { mean, distribution }: NumberStatistics,
): NumericFeature["whenMissing"] {
  const median = distribution?.quartiles[1];
  if (whenMissing === "mean") return { fill: rounded(mean) };
  return whenMissing === "median" && median !== undefined ? { fill: rounded(median) } : whenMissing;
}

function wordFor(
  whenMissing: CategoricalFeature["whenMissing"],
  found: ColumnStatistics | undefined,
): CategoricalFeature["whenMissing"] {
  if (whenMissing !== "mostFrequent" || found?.kind !== "words" || found.present === 0) {
    return whenMissing;
  }
  return { fill: mostFrequent(found) };
}

/** The word that most rows have; of several the first. */
const mostFrequent = ({ counts }: WordStatistics): string =>
  counts.reduce((most, one) => (one.count > most.count ? one : most)).word;

const hasNumbers = (found: ColumnStatistics | undefined): found is NumberStatistics =>
  found?.kind === "numbers" && found.present > 0;

const rounded = (value: number): number => Number(value.toPrecision(7));
