// How the cells of one column become numbers. A data contract gives each of its columns a code.
import {
  columnsOf,
  featureWidth,
  levelKey,
  numberOf,
  scaled,
  type CategoricalFeature,
  type TableContract,
  type Label,
  type NumericFeature,
  type Scaling,
} from "@tributary/protocol";
import type { Cell } from "./example-table.ts";
import { foldedName } from "./folded-name.ts";
import { listed } from "./listed.ts";

/** What is written to: the features of all examples, or their labels. */
type Values = Float32Array | Float64Array | Int32Array;

/** Why a cell does not fit: a clause that follows the value, and what to do. */
export interface Misfit {
  readonly clause: string;
  readonly remedy: string;
}

/** Turns the cells of one column into numbers. */
export interface ColumnCode {
  /** The name of the column. */
  readonly column: string;
  /** Where its first number stands among those of an example. */
  readonly offset: number;
  readonly whenMissing: (NumericFeature | CategoricalFeature)["whenMissing"];
  /** Whether a cell has no value. One that is undefined has none. */
  isMissing(cell: Cell | undefined): boolean;
  /** Writes the numbers of a cell that has a value to `values` from `at` on. */
  write(cell: Cell, values: Values, at: number): Misfit | undefined;
}

/** The codes of all features, in the contract's order. */
export function featureCodes({ features, missing }: TableContract): ColumnCode[] {
  let offset = 0;
  return features.flatMap((feature) => {
    const start = offset;
    offset += featureWidth(feature);
    switch (feature.type) {
      case "numeric": {
        const { name, scaling, whenMissing } = feature;
        return [numbersOf({ column: name, offset: start, whenMissing }, scaling, missing)];
      }
      case "categorical": {
        const { name, levels, whenMissing } = feature;
        const place = { column: name, offset: start, whenMissing };
        return [wordsOf(place, levels, feature.encoding, "level", missing)];
      }
      case "image":
        return columnsOf(feature).map((column, index) =>
          numbersOf(
            { column, offset: start + index, whenMissing: "refuse" },
            feature.scaling,
            missing,
          ),
        );
    }
  });
}

/** The code of the label. Its numbers are class indices, or the scaled numbers to predict. */
export function labelCode({ label, missing }: TableContract): ColumnCode {
  const { name: column, whenMissing, classes, scaling }: Label = label;
  const place = { column, offset: 0, whenMissing };
  return classes === undefined
    ? numbersOf(place, scaling ?? { method: "none" }, missing)
    : wordsOf(place, classes, "index", "class", missing);
}

type Place = Pick<ColumnCode, "column" | "offset" | "whenMissing">;

/** The code of a column of numbers. */
function numbersOf(place: Place, scaling: Scaling, missing: readonly string[]): ColumnCode {
  return {
    ...place,
    isMissing: missingTest(missing, new Map()),
    write(cell, values, at) {
      const number = typeof cell === "number" ? cell : numberOf(String(cell).trim());
      if (number === undefined || Math.abs(number) === Infinity) {
        return {
          clause: number === undefined ? "is not a number" : "is not a finite number",
          remedy:
            "Correct it, or let the task's data contract say that it stands for a missing value.",
        };
      }
      const value = scaled(number, scaling);
      if (!Number.isFinite(Math.fround(value))) {
        return { clause: "is too large once it is scaled", remedy: "Correct it." };
      }
      values[at] = value;
      return undefined;
    },
  };
}

/** The code of a column with one of a few words. */
function wordsOf(
  place: Place,
  words: readonly string[],
  encoding: "oneHot" | "index",
  kind: "level" | "class",
  missing: readonly string[],
): ColumnCode {
  const indices = new Map(words.map((word, index) => [levelKey(word), index]));
  return {
    ...place,
    isMissing: missingTest(missing, indices),
    write(cell, values, at) {
      const text = String(cell);
      const index = indices.get(text) ?? indices.get(levelKey(text));
      if (index === undefined) return unknownWord(text, words, kind);
      if (encoding === "index") values[at] = index;
      else values[at + index] = 1;
      return undefined;
    },
  };
}

/**
 * Makes the test whether a cell has no value. It runs for every cell, so that it makes numbers of
 * texts only where a number stands for a missing value.
 * @param words - The keys of texts that are values although they are among `missing`.
 */
function missingTest(
  missing: readonly string[],
  words: ReadonlyMap<string, number>,
): ColumnCode["isMissing"] {
  const keys = new Set(["", ...missing.map(levelKey)].filter((key) => !words.has(key)));
  const hasNumber = [...keys].some((key) => numberOf(key) !== undefined);
  return (cell) => {
    if (cell === null || cell === undefined || Number.isNaN(cell)) return true;
    // What is no cell would be read as what is in it, such as an empty array.
    if (typeof (cell as unknown) === "object") return false;
    const text = String(cell).trim();
    return keys.has(text) || (hasNumber && keys.has(levelKey(text)));
  };
}

function unknownWord(text: string, words: readonly string[], kind: "level" | "class"): Misfit {
  const plural = kind === "level" ? "levels" : "classes";
  const meant = words.find((word) => foldedName(word) === foldedName(text));
  return {
    clause: `is none of its ${plural} in the task's data contract`,
    remedy:
      meant === undefined
        ? `Correct it, or have the ${kind} added to the contract: its ${plural} are ${listed(words)}.`
        : `Write it as ${meant}, as the contract does.`,
  };
}
