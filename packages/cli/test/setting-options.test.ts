import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { withTableOptions } from "../src/datasets/table-flags.ts";
import { simulateCommand } from "../src/commands/simulate.ts";
import { settingOption } from "../src/terminal/setting-options.ts";

describe("a setting of the library that an error speaks of", () => {
  it.each([
    [{ setting: "header", value: true }, "--header"],
    [{ setting: "header", value: false }, "--no-header"],
    [{ setting: "labelKind", value: "value" }, "--values"],
    [{ setting: "incomplete", value: "drop" }, "--drop-incomplete"],
    [{ setting: "incomplete", value: "mean" }, "--fill-missing mean"],
    [{ setting: "decimalMark", value: "," }, "--decimal-mark ,"],
    [{ setting: "missing", value: -999 }, "--missing=-999"],
    [{ setting: "missing", value: "not known" }, '--missing "not known"'],
    [{ setting: "delimiter" }, "--delimiter"],
    [{ setting: "encoding", value: "utf-16le" }, "--encoding utf-16le"],
    [{ setting: "ignore", value: "größe" }, "--ignore größe"],
    [{ setting: "categories" }, "--categories"],
    [{ setting: "features" }, "--features"],
    [{ setting: "classes" }, "--classes"],
    [{ setting: "label" }, "--label"],
    [{ setting: "out" }, "--out"],
    [{ setting: "resume", value: true }, "--resume"],
  ] as const)("is an option of commands: %o", (use, option) => {
    expect(settingOption(use)).toBe(option);
    const commands = [withTableOptions(new Command()), simulateCommand()];
    const options = commands.flatMap((command) => command.options.map(({ long }) => long));
    expect(options).toContain(/^--[a-z-]+/.exec(option)![0]);
  });
});
