import type { Command } from "commander";
import type { CsvOptions } from "@tributary/simulator";

/** How a command's CSV file is to be read, as typed. */
export interface CsvFlags {
  readonly label?: string | number;
  readonly values?: true;
  readonly classes?: readonly string[];
  readonly ignore?: readonly (string | number)[];
  readonly dropIncomplete?: true;
  readonly standardize?: true;
}

/** Adds the options by which a CSV file is read. */
export function withCsvOptions(command: Command): Command {
  return command
    .option("--label <column>", "CSV: column to predict, by name or number; else the last", column)
    .option("--values", "CSV: labels are values to predict; else names of classes")
    .option(
      "--classes <names>",
      "CSV: all classes in order, with commas; else those that occur",
      list,
    )
    .option("--ignore <columns>", "CSV: columns to leave out, with commas", (text) =>
      list(text).map(column),
    )
    .option("--drop-incomplete", "CSV: leave out rows that lack a cell; else they are an error")
    .option("--standardize", "CSV: give each feature mean 0 and deviation 1");
}

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
