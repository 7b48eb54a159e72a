import type { Command } from "commander";
import type { CsvOptions } from "@tributary/simulator";

/** The options that say how to read a CSV file, as they are typed. */
export interface CsvFlags {
  readonly label?: string | number;
  readonly values?: true;
  readonly classes?: readonly string[];
  readonly ignore?: readonly (string | number)[];
  readonly dropIncomplete?: true;
  readonly standardize?: true;
}

/**
 * Adds the options that say how to read a CSV file. The help shows them in a group of their own.
 */
export function withCsvOptions(command: Command): Command {
  return command
    .optionsGroup("How to read a CSV file:")
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
    .option("--ignore <columns>", "columns to leave out, separated by commas", (text) =>
      list(text).map(column),
    )
    .option(
      "--drop-incomplete",
      "leave out rows with an empty cell; without this option they are an error",
    )
    .option("--standardize", "scale each feature to mean 0 and standard deviation 1");
}

/** Turns the options into what the simulator's CSV reader takes. */
export function csvOptions(flags: CsvFlags): CsvOptions {
  return {
    ...(flags.label === undefined ? {} : { label: flags.label }),
    ...(flags.values === undefined ? {} : { labelKind: "value" }),
    ...(flags.classes === undefined ? {} : { classes: flags.classes }),
    ...(flags.ignore === undefined ? {} : { ignore: flags.ignore }),
    ...(flags.dropIncomplete === undefined ? {} : { incomplete: "drop" }),
    ...(flags.standardize === undefined ? {} : { standardize: true }),
  };
}

const list = (text: string): string[] => text.split(",").map((item) => item.trim());

const column = (text: string): string | number => (/^-?\d+$/.test(text) ? Number(text) : text);
