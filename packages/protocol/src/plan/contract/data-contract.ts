import type { Scaling } from "./scaling.ts";
import { shapeSize } from "../../model/shape-size.ts";
import type { TextContract } from "./text-contract.ts";

/**
 * What all clients of a task agree on about their examples, so that the same columns become the
 * same inputs, the same names the same classes and the same words the same tokens, whatever a
 * client's own data looks like. It is a part of the signed plan.
 */
export type DataContract = TableContract | TextContract;

/** A data contract about the columns of tables. */
export interface TableContract {
  readonly type?: "table";
  /** The features, in the order in which the model takes their values. */
  readonly features: readonly Feature[];
  /** The column to predict. */
  readonly label: Label;
  /**
   * The texts that stand for a missing value, unless they are a level or a class themselves. An
   * empty cell, null and NaN are missing in any case.
   */
  readonly missing: readonly string[];
  /** What is done about a table with columns that are neither features nor the label. */
  readonly otherColumns: "refuse" | "ignore";
}

/** One feature: a column of a table, or all columns of an image. */
export type Feature = NumericFeature | CategoricalFeature | ImageFeature;

/** A column of numbers, which becomes one value of the input. */
export interface NumericFeature {
  readonly type: "numeric";
  /** The name of the column. */
  readonly name: string;
  readonly scaling: Scaling;
  readonly whenMissing: WhenMissing<number, "mean" | "median">;
}

/** A column with one of a few texts. */
export interface CategoricalFeature {
  readonly type: "categorical";
  /** The name of the column. */
  readonly name: string;
  /** All texts that may occur. Their order is that of the values, or of the indices. */
  readonly levels: readonly string[];
  /**
   * `oneHot` gives a value for each level: 1 for the one that occurs, 0 for the others. `index`
   * gives one value, the level's index, for models that begin with an embedding.
   */
  readonly encoding: "oneHot" | "index";
  readonly whenMissing: WhenMissing<string, "mostFrequent">;
}

/**
 * The values of an image, or of any other array. In a table each value has its column: those of an
 * image called `pixel` are `pixel0`, `pixel1` and so on, row-major.
 */
export interface ImageFeature {
  readonly type: "image";
  /** What the names of its columns begin with. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly scaling: Scaling;
}

/**
 * What is done about a missing value: the table is refused, the row is dropped, or the value is
 * filled in. A number is filled in before it is scaled. One of the words of `Wanted` leaves it to the
 * statistics of all clients to find the value: tasks that count may say so, and tasks that train may
 * not.
 */
export type WhenMissing<Value, Wanted extends string> =
  | "refuse"
  | "drop"
  | Wanted
  | { readonly fill: Value };

/** The column to predict: it has either `classes` or `scaling`. */
export interface Label {
  /** The name of the column. */
  readonly name: string;
  /** The names of the classes, in the order of their indices. */
  readonly classes?: readonly string[];
  /** How a number to predict is scaled. */
  readonly scaling?: Scaling;
  readonly whenMissing: "refuse" | "drop";
}

/** The number of values that a feature has in the input. */
export function featureWidth(feature: Feature): number {
  if (feature.type === "image") return shapeSize(feature.shape);
  return feature.type === "categorical" && feature.encoding === "oneHot"
    ? feature.levels.length
    : 1;
}

/**
 * The shape of one example's features: that of the image, the number of all values, or the window of
 * a text.
 */
export function featureShapeOf(contract: DataContract): readonly number[] {
  if (contract.type === "text") return [contract.window];
  const { features } = contract;
  const [first] = features;
  if (first?.type === "image") return first.shape;
  return [features.reduce((width, feature) => width + featureWidth(feature), 0)];
}

/** The names of the columns in which a table has a feature. */
export function columnsOf(feature: Feature): readonly string[] {
  if (feature.type !== "image") return [feature.name];
  return Array.from({ length: featureWidth(feature) }, (_, index) => `${feature.name}${index}`);
}

/**
 * What texts of one level, of one class or of one sign for a missing value have in common. Programs
 * write the same number differently: `1`, `1.0` and `+1` are one. Texts with zeros before the first
 * digit are codes and no numbers, and so are whole numbers with more digits than a float64 keeps.
 */
export function levelKey(text: string): string {
  const trimmed = nameKey(text.trim());
  const value = numberOf(trimmed);
  if (value === undefined || /^[+-]?0\d/.test(trimmed)) return trimmed;
  return Math.abs(value) > Number.MAX_SAFE_INTEGER ? trimmed : String(value === 0 ? 0 : value);
}

/**
 * What names of one column have in common. An é may be written as one character or as two, depending
 * on the system where a name was typed: both look alike, and mean the same.
 */
export const nameKey = (name: string): string => name.normalize("NFC");

/** The number that a text writes in decimal digits with a point; undefined if it writes none. */
export function numberOf(text: string): number | undefined {
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
}
