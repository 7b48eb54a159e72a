import { InvalidArgumentError, Option, type Command } from "commander";
import type { ColumnName, DraftOptions, Filling, ReadingOptions } from "@tributary/simulator";

/** The options that say how to read a table or text and what to make of it, as they are typed. */
export interface TableFlags {
  readonly window?: number;
  readonly delimiter?: string;
  readonly header?: boolean;
  readonly encoding?: string;
  readonly decimalMark?: "." | ",";
  readonly missing?: readonly string[];
  readonly label?: ColumnName;
  readonly values?: true;
  readonly classes?: readonly string[];
  readonly features?: readonly ColumnName[];
  readonly ignore?: readonly ColumnName[];
  readonly categories?: readonly ColumnName[];
  readonly dropIncomplete?: true;
  readonly fillMissing?: Filling;
  readonly standardize?: true;
}

/** How a table or text is read, and what is made of it where no data contract says so. */
export interface TableChoices {
  readonly reading: ReadingOptions;
  readonly draft: DraftOptions;
}

/** Adds the options for tables. The help shows them in two groups of their own. */
export function withTableOptions(command: Command): Command {
  return command
    .optionsGroup("How to read a table (found out from the file unless you say it):")
    .option(
      "--delimiter <text>",
      "what divides cells: comma, semicolon, tab, bar, spaces, or the character itself",
      delimiter,
    )
    .option("--header", "the first line holds the names of the columns")
    .option("--no-header", "the first line is data; columns are named by numbers from 0")
    .option("--encoding <name>", "encoding of the text, such as utf-16le or latin1")
    .addOption(new Option("--decimal-mark <mark>", "character before decimals").choices([".", ","]))
    .option("--missing <texts>", "texts that stand for a missing value, separated by commas", list)
    .optionsGroup("What to make of a table (for tasks without a data contract):")
    .option(
      "--label <column>",
      "column to predict, by name or by number (default: the last column)",
      column,
    )
    .option("--values", "the labels are numbers to predict, not names of classes")
    .option(
      "--classes <names>",
      "names of all classes in order, separated by commas (default: those in the file)",
      list,
    )
    .option("--features <columns>", "columns to use, separated by commas (default: all)", columns)
    .option("--ignore <columns>", "columns to leave out, separated by commas", columns)
    .option("--categories <columns>", "columns whose numbers are codes of categories", columns)
    .option(
      "--drop-incomplete",
      "leave out rows with a missing value; without this or the next option they are an error",
    )
    .option(
      "--fill-missing <what>",
      "fill in a missing number: mean, median, most-frequent or a number; a missing word becomes the most frequent one",
      filling,
    )
    .option("--standardize", "scale each feature to mean 0 and standard deviation 1");
}

/** Turns the options into what the simulator takes. */
export function tableChoices(flags: TableFlags): TableChoices {
  const { delimiter: cut, header, encoding, decimalMark, missing, window } = flags;
  const { label, classes, features, ignore, categories } = flags;
  const incomplete = flags.dropIncomplete === true ? "drop" : flags.fillMissing;
  return {
    reading: defined({ delimiter: cut, header, encoding, decimalMark, missing, window }),
    draft: defined({
      ...{ label, classes, features, ignore, categories, incomplete },
      labelKind: flags.values === true ? "value" : undefined,
      scaling: flags.standardize === true ? "standard" : undefined,
    }),
  };
}

/** The object without the keys that have no value. */
function defined<Values extends object>(
  values: Values,
): { [Key in keyof Values]?: Exclude<Values[Key], undefined> } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Key in keyof Values]?: Exclude<Values[Key], undefined> };
}

/** Delimiters by the names that are easier to type. */
const DELIMITERS: Readonly<Record<string, string>> = {
  comma: ",",
  semicolon: ";",
  tab: "\t",
  "\\t": "\t",
  bar: "|",
  spaces: " ",
};

function delimiter(text: string): string {
  const found = DELIMITERS[text] ?? text;
  if (found.length === 1) return found;
  throw new InvalidArgumentError(
    `Use one of ${Object.keys(DELIMITERS).join(", ")}, or one character.`,
  );
}

function filling(text: string): Filling {
  if (text === "mean" || text === "median") return text;
  if (text === "most-frequent") return "mostFrequent";
  const number = Number(text);
  if (text.trim() !== "" && Number.isFinite(number)) return number;
  throw new InvalidArgumentError("Use mean, median, most-frequent or a number.");
}

const list = (text: string): string[] => text.split(",").map((item) => item.trim());

const column = (text: string): ColumnName => (/^-?\d+$/.test(text) ? Number(text) : text);

const columns = (text: string): ColumnName[] => list(text).map(column);
