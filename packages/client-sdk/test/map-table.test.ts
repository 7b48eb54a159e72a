import { describe, expect, it } from "vitest";
import { parseTask, type TableContract } from "@tributary/protocol";
import { mapFeatures, mapTable, type ExampleTable } from "../src/index.ts";
import { rejectionOf } from "./support/rejection.ts";

/** The contract that a task file's section means. */
const contractOf = (examples: object, loss = "categoricalCrossentropy"): TableContract =>
  parseTask({
    population: "p",
    name: "n",
    model: { builtin: "logistic-regression" },
    plan: { loss },
    examples,
  }).examples as TableContract;

const PENGUINS = contractOf({
  features: [
    { type: "numeric", name: "bill", scaling: { method: "standard", mean: 40, deviation: 5 } },
    { type: "numeric", name: "mass", scaling: { method: "minMax", minimum: 2000, maximum: 4000 } },
    { type: "categorical", name: "sex", levels: ["Female", "Male"] },
    { type: "categorical", name: "year", levels: [2007, 2008], encoding: "index" },
  ],
  label: { name: "species", classes: ["Adelie", "Gentoo"] },
});

const table = (columns: string, ...rows: string[]): ExampleTable => ({
  source: "penguins.csv",
  columns: columns.split(","),
  rows: rows.map((row) => row.split(",")),
  lines: rows.map((_, index) => index + 2),
});

describe("a table under a data contract", () => {
  it("becomes examples in the contract's order, scaled and numbered as it says", async () => {
    const { examples } = await mapTable(
      table("bill,mass,sex,year,species", "45,3000,Male,2007,Adelie", "35,4000,Female,2008,Gentoo"),
      PENGUINS,
    );
    expect(examples).toEqual({
      features: Float32Array.of(1, 0.5, 0, 1, 0, -1, 1, 1, 0, 1),
      featureShape: [5],
      labels: Int32Array.of(0, 1),
      labelShape: [],
      count: 2,
    });
  });

  it("is the same whatever the order of its columns is", async () => {
    const { examples } = await mapTable(
      table("species,year,mass,sex,bill", "Gentoo,2008,4000,Female,35"),
      PENGUINS,
    );
    expect(examples.features).toEqual(Float32Array.of(-1, 1, 1, 0, 1));
    expect(examples.labels).toEqual(Int32Array.of(1));
  });

  it("numbers classes as the contract does, although the table lacks some", async () => {
    const { examples } = await mapTable(
      table("bill,mass,sex,year,species", "45,3000,Male,2007,Gentoo"),
      PENGUINS,
    );
    expect(examples.labels).toEqual(Int32Array.of(1));
  });

  it("takes the cells that an app holds, and numbers that are written differently", async () => {
    const { examples } = await mapTable(
      {
        columns: ["bill", "mass", "sex", "year", "species"],
        rows: [
          [45, 3e3, "Male", 2007, "Adelie"],
          [" 45.0", "3e3", "Male ", "2008.0", "Gentoo"],
        ],
      },
      PENGUINS,
    );
    expect([...examples.features]).toEqual([1, 0.5, 0, 1, 0, 1, 0.5, 0, 1, 1]);
  });

  it("finds names whose accents are written in another way", async () => {
    const contract = contractOf({
      features: [
        { type: "numeric", name: "caf\u00e9" },
        { type: "categorical", name: "name", levels: ["Jos\u00e9", "Ana"] },
      ],
      label: { name: "y", classes: ["no", "s\u00ed"] },
    });
    const { examples } = await mapTable(
      table("name,cafe\u0301,y", "Jose\u0301,5,si\u0301"),
      contract,
    );
    expect([...examples.features, ...examples.labels]).toEqual([5, 1, 0, 1]);
  });

  it("gives scaled numbers to predict where the label has a scaling", async () => {
    const contract = contractOf(
      {
        features: [{ type: "numeric", name: "x" }],
        label: { name: "y", scaling: { method: "standard", mean: 10, deviation: 2 } },
      },
      "meanSquaredError",
    );
    const { examples } = await mapTable(table("x,y", "1,12", "2,9"), contract);
    expect(examples.labels).toEqual(Float32Array.of(1, -0.5));
  });

  it("collects the columns of an image, row by row", async () => {
    const contract = contractOf({
      features: [
        {
          type: "image",
          name: "pixel",
          shape: [2, 2, 1],
          scaling: { method: "minMax", minimum: 0, maximum: 255 },
        },
      ],
      label: { name: "digit", classes: [0, 1] },
    });
    const { examples } = await mapTable(
      table("digit,pixel3,pixel2,pixel1,pixel0", "1,255,0,51,0"),
      contract,
    );
    expect(examples.featureShape).toEqual([2, 2, 1]);
    expect(examples.features).toEqual(Float32Array.of(0, 0.2, 0, 1));
  });
});

describe("a table to predict for", () => {
  it("becomes inputs whether it has the column of the label or not", async () => {
    const labelled = await mapTable(
      table("bill,mass,sex,year,species", "45,3000,Male,2007,Adelie"),
      PENGUINS,
    );
    for (const more of ["", ",?"]) {
      const columns = `mass,year,sex,bill${more === "" ? "" : ",species"}`;
      const inputs = await mapFeatures(table(columns, `3000,2007,Male,45${more}`), PENGUINS);
      expect(inputs.features).toEqual(labelled.examples.features);
      expect(inputs).toMatchObject({ featureShape: [5], count: 1, rows: [0] });
    }
  });
});

describe("missing values", () => {
  const contract = contractOf({
    features: [
      { type: "numeric", name: "a", whenMissing: { fill: 5 } },
      { type: "categorical", name: "b", levels: ["x", "NA"], whenMissing: { fill: "x" } },
      { type: "numeric", name: "c", whenMissing: "drop" },
      { type: "numeric", name: "d" },
    ],
    label: { name: "y", classes: ["no", "yes"], whenMissing: "drop" },
    missing: ["", "NA", -9],
  });

  it("are filled in or cost their row, as the contract says, and are counted", async () => {
    const { examples, rows, dropped, filled } = await mapTable(
      table("a,b,c,d,y", "NA,NA,1,1,no", "1,x,NA,NA,no", "-9.0,,1,2,yes", "1,x,1,1,"),
      contract,
    );
    // NA is a level of b, and so it is no missing value there.
    expect([...examples.features]).toEqual([5, 0, 1, 1, 1, 5, 1, 0, 1, 2]);
    expect([...examples.labels]).toEqual([0, 1]);
    expect(rows).toEqual([0, 2]);
    expect(Object.fromEntries(dropped)).toEqual({ c: 1, y: 1 });
    expect(Object.fromEntries(filled)).toEqual({ a: 2, b: 1 });
  });

  it("are empty cells, null, undefined and NaN whatever the contract says", async () => {
    const { filled } = await mapTable(
      {
        columns: ["a", "b", "c", "d", "y"],
        rows: [
          [null, null, 1, 1, "no"],
          [NaN, "x", 1, 1, "no"],
          [" ", "", 1, 1, "no"],
          [undefined as unknown as null, "x", 1, 1, "no"],
        ],
      },
      { ...contract, missing: [] },
    );
    expect(Object.fromEntries(filled)).toEqual({ a: 4, b: 2 });
  });

  it.each([
    ["1,x,1,NA,no", "penguins.csv has no value in line 2, column d. Fill it in"],
    ["1,x,,1,no", "penguins.csv has no row in which no value is missing"],
  ])("refuse the table otherwise: %s", async (row, message) => {
    const error = await rejectionOf(mapTable(table("a,b,c,d,y", row), contract));
    expect(error.code).toBe("EXAMPLES_INVALID");
    expect(error.message).toContain(message);
  });
});

describe("a table that does not fit its data contract", () => {
  const columns = "bill,mass,sex,year,species";
  it.each([
    [columns, "abc,1,Male,2007,Adelie", 'has "abc" in line 2, column bill, which is not a number'],
    [columns, "0x10,1,Male,2007,Adelie", 'has "0x10" in line 2, column bill'],
    [columns, "1e40,1,Male,2007,Adelie", "which is too large once it is scaled"],
    [columns, "1,1,male,2007,Adelie", "Write it as Male, as the contract does."],
    [columns, "1,1,other,2007,Adelie", "its levels are Female, Male."],
    [columns, "1,1,Male,2009,Adelie", 'has "2009" in line 2, column year'],
    [columns, "1,1,Male,2007,Chinstrap", 'has "Chinstrap" in line 2, column species'],
    [columns, "1,1,Male,2007", "has 4 cells in line 2 and 5 columns"],
    ["bill,mass,Sex,year,species", "1,1,Male,2007,Adelie", 'Rename the column "Sex" to sex.'],
    ["bill,mass,year,species", "1,1,2007,Adelie", "has no column sex"],
    [`${columns},id`, "1,1,Male,2007,Adelie,7", "has the column id, which the task's"],
    [`${columns},sex`, "1,1,Male,2007,Adelie,Male", "has two columns sex"],
  ])("is refused with the place and the value: %s: %s", async (names, row, message) => {
    const error = await rejectionOf(mapTable(table(names, row), PENGUINS));
    expect(error.code).toBe("EXAMPLES_INVALID");
    expect(error.message).toContain(message);
    expect(error.message).toMatch(/^penguins.csv has /);
  });

  it.each([
    ["bill", Infinity, 'has "Infinity" in row 1, column bill, which is not a finite number'],
    ["bill", [3], 'has "3" in row 1, column bill, which is no text and no number'],
    ["sex", Float32Array.of(1), "column sex, which is no text and no number"],
    ["species", [], "column species, which is no text and no number"],
    ["sex", "Male\u200b", "Write it as Male, as the contract does."],
  ])("is refused where its column %s has the cell %j", async (column, cell, message) => {
    const row = [1, 1, "Male", 2007, "Adelie"].with(columns.split(",").indexOf(column), cell as "");
    const error = await rejectionOf(
      mapTable({ columns: columns.split(","), rows: [row] }, PENGUINS),
    );
    expect(error.code).toBe("EXAMPLES_INVALID");
    expect(error.message).toContain(message);
  });

  it.each([[{ bill: 1 }], ["11Mal"], [null]])("is refused where a row is %j", async (row) => {
    const error = await rejectionOf(
      mapTable({ columns: columns.split(","), rows: [row as unknown as []] }, PENGUINS),
    );
    expect(error.message).toContain("has no list of cells in row 1");
  });

  it("counts rows from 1 where there are no lines, and has other columns if it may", async () => {
    const lenient: TableContract = { ...PENGUINS, otherColumns: "ignore" };
    const rows = [
      ["1", "1", "Male", "2007", "Adelie", "7"],
      ["?!", "1", "Male", "2007", "Adelie", "8"],
    ];
    const error = await rejectionOf(
      mapTable({ columns: [...columns.split(","), "id"], rows }, lenient),
    );
    expect(error.message).toContain('The table of examples has "?!" in row 2, column bill');
  });
});
