import type { ModelDescription } from "../../model/tfjs-model.ts";
import type { TableContract, Feature, Label } from "../contract/data-contract.ts";

/**
 * What is counted of the columns of a data contract. All of it are means over rows, so that a round
 * which averages models by examples averages these as well: a statistics task is a training task
 * whose model they are.
 */
export type StatisticsColumn = NumberColumn | WordColumn;

/** A column of numbers, or all values of an image. */
export interface NumberColumn {
  readonly kind: "numbers";
  readonly name: string;
  /** Where its four moments are among the model's parameters; see `Moment`. */
  readonly moments: number;
  /** Shares of the rows in each of some equally wide bins, for columns that have bounds. */
  readonly histogram: Histogram | undefined;
}

/** Where the shares of a column's bins are. What is out of bounds is in the first or last bin. */
export interface Histogram {
  readonly offset: number;
  readonly bins: number;
  readonly minimum: number;
  readonly maximum: number;
}

/** A column of words. */
export interface WordColumn {
  readonly kind: "words";
  readonly name: string;
  /** Where the share of rows with the first of its words is; the others follow. */
  readonly shares: number;
  readonly words: readonly string[];
}

/** The moments of a column of numbers, by their places. Sums are over the rows with a value. */
export const MOMENT = {
  /** The share of rows with a value. */
  present: 0,
  /** The sum, divided by the number of all rows. */
  sum: 1,
  /**
   * The sum of the squared distances from the centre, divided by the number of all rows; 0 after the
   * first round, which has no centre yet.
   */
  squares: 2,
  /**
   * The number that squares are taken around: the mean of the round before, so that float32 has
   * enough digits for them.
   */
  centre: 3,
} as const;

const MOMENTS = Object.keys(MOMENT).length;

/** Finds the places of all columns, the label's last. */
export function statisticsColumns(
  { features, label }: TableContract,
  bins: number,
): readonly StatisticsColumn[] {
  let offset = 0;
  const take = (size: number): number => (offset += size) - size;
  return [...features, label].map((column): StatisticsColumn => {
    const { name } = column;
    const words = wordsOf(column);
    if (words !== undefined) return { kind: "words", name, shares: take(words.length), words };
    const moments = take(MOMENTS);
    const scaling = "scaling" in column ? column.scaling : undefined;
    if (scaling?.method !== "minMax")
      return { kind: "numbers", name, moments, histogram: undefined };
    const { minimum, maximum } = scaling;
    const histogram = { offset: take(bins), bins, minimum, maximum };
    return { kind: "numbers", name, moments, histogram };
  });
}

const wordsOf = (column: Feature | Label): readonly string[] | undefined =>
  "levels" in column ? column.levels : "classes" in column ? column.classes : undefined;

/** The model of a statistics task: one parameter vector for each column, and no layers. */
export function statisticsModel(contract: TableContract, bins: number): ModelDescription {
  const parameters = statisticsColumns(contract, bins).map((column, index) => ({
    name: `column_${index}/means`,
    shape: [sizeOf(column)],
  }));
  return { topology: { class_name: "Statistics", config: {} }, parameters };
}

function sizeOf(column: StatisticsColumn): number {
  if (column.kind === "words") return column.words.length;
  return MOMENTS + (column.histogram?.bins ?? 0);
}
