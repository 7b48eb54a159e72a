import { describe, expect, it } from "vitest";
import { doubtsAbout, draftContract, type DraftOptions, type TextTable } from "../src/index.ts";
import { tableOf } from "./support.ts";

const doubts = (table: TextTable, options: DraftOptions = {}): string[] =>
  doubtsAbout([table], draftContract([table], options));

/** A table of one feature and the classes a and b. */
const withColumn = (name: string, cells: readonly (string | number)[]): Promise<TextTable> =>
  tableOf([`${name},kind`, ...cells.map((cell, row) => `${cell},${"ab"[row % 2]}`)].join("\n"));

describe("doubts about columns of a drafted contract", () => {
  it.each([
    [-999, "3 to 40"],
    [-99, "3 to 40"],
    [9999, "3 to 40"],
    [-999.9, "3 to 40"],
    [2147483647, "3 to 40"],
  ])("tell of %d far from all other values", async (number, others) => {
    const [doubt, ...more] = doubts(await withColumn("temperature", [3, number, 40, 12.5, number]));
    expect(doubt).toBe(
      `Column temperature has ${number} in 2 rows and otherwise ${others}. If it stands for a missing value, say so with missing: [${number}].`,
    );
    expect(more).toEqual([]);
  });

  it.each([
    ["is near to others", [3, 99, 98, 12]],
    ["is all there is", [99, 99, 99, 99]],
    ["is only large", [3, 1000, 40, 12]],
  ])("are none of a number that %s", async (_, cells) => {
    expect(doubts(await withColumn("score", cells))).toEqual([]);
  });

  it.each([
    ["seconds", 1],
    ["milliseconds", 1_000],
  ])("tell of times in %s since 1970", async (unit, perSecond) => {
    const cells = [1_700_000_000, 1_700_003_600, 1_600_000_000].map((each) => each * perSecond);
    expect(doubts(await withColumn("seen", cells))).toEqual([
      `Column seen has numbers like ${1_600_000_000 * perSecond}, which may be times in ${unit} since 1970. Write what matters of them in their place, such as the hour, or leave the column out with ignore: [seen].`,
    ]);
  });

  it.each([
    ["area", ["01234", "90210", "01234"], "01234"],
    ["zip", ["10115", "90210", "10115"], "10115"],
    ["Postal_Code", ["10115", "90210", "10115"], "10115"],
  ])("tell of codes in %s", async (name, cells, first) => {
    const table = await withColumn(name, cells);
    expect(doubts(table)).toEqual([
      `Column ${name} has numbers like ${first}, which may be codes and no measures. Take them for categories with categories: [${name}], or leave the column out with ignore: [${name}].`,
    ]);
    expect(doubts(table, { categories: [name] })).toEqual([]);
  });

  it("tell of a number that stands for a missing one among numbers to predict", async () => {
    const table = await tableOf("size,stay\n1,3\n2,-999\n3,5\n");
    expect(doubts(table, { labelKind: "value" })).toEqual([
      expect.stringMatching(/^Column stay has -999 in 1 row and otherwise 3 to 5\./),
    ]);
  });
});
