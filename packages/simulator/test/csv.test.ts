import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readCsv, type CsvOptions } from "../src/index.ts";
import { temporaryFolder } from "./support.ts";

const dataFolder = process.env["TRIBUTARY_DATA"];

async function table(text: string): Promise<string> {
  const file = join(await temporaryFolder(), "table.csv");
  await writeFile(file, text);
  return file;
}

const pets = "weight,legs,kind\n4.5,4,cat\n0.1,2,bird\n30,4,dog\n5,4,cat\n";

describe("readCsv", () => {
  it("reads the header, orders the classes by alphabet and takes the other columns as features", async () => {
    const { examples, featureNames, classNames } = await readCsv(await table(pets));
    expect(featureNames).toEqual(["weight", "legs"]);
    expect(classNames).toEqual(["bird", "cat", "dog"]);
    expect(examples).toEqual({
      features: Float32Array.of(4.5, 4, 0.1, 2, 30, 4, 5, 4),
      featureShape: [2],
      labels: Int32Array.of(1, 0, 2, 1),
      labelShape: [],
      count: 4,
    });
  });

  it("reads tables without a header, whose columns are named by number", async () => {
    const file = await table("1,10,7\n2,9,8\n");
    const last = await readCsv(file);
    expect(last.classNames).toEqual(["7", "8"]);
    const first = await readCsv(file, { label: 0, labelKind: "value", ignore: [-1] });
    expect(first.examples.labels).toEqual(Float32Array.of(1, 2));
    expect(first.examples.features).toEqual(Float32Array.of(10, 9));
    expect(first.classNames).toEqual([]);
  });

  it("orders classes that are numbers by size", async () => {
    const { classNames } = await readCsv(await table("1,10\n2,9\n3,x\n"), { header: false });
    expect(classNames).toEqual(["9", "10", "x"]);
  });

  it("uses a given list of classes, so that clients agree on their order", async () => {
    const file = await table(pets);
    const { examples } = await readCsv(file, { classes: ["dog", "cat", "bird"] });
    expect(examples.labels).toEqual(Int32Array.of(1, 2, 0, 1));
    await expect(readCsv(file, { classes: ["dog", "cat"] })).rejects.toMatchObject({
      message: expect.stringContaining("has the unknown class bird in line 3, column kind"),
    });
  });

  it("reads quoted cells, blank lines, a byte order mark and other delimiters", async () => {
    const file = await table('\u{feff}a; kind\r\n"1"; "x; y"\r\n\r\n2; z\r\n');
    const { classNames, examples } = await readCsv(file, { delimiter: ";" });
    expect(classNames).toEqual(["x; y", "z"]);
    expect(examples.count).toBe(2);
  });

  it("refuses a row with a missing cell, or drops it when asked to", async () => {
    const file = await table("a,b,kind\n1,2,x\n?,2,x\n3,,y\n");
    await expect(readCsv(file)).rejects.toMatchObject({
      code: "DATA_UNREADABLE",
      message: expect.stringContaining("has no value in line 3, column a"),
    });
    const { examples, dropped } = await readCsv(file, { incomplete: "drop" });
    expect([examples.count, dropped]).toEqual([1, 2]);
    const ignoring = await readCsv(file, { ignore: ["a", "b"] });
    expect(ignoring.examples.count).toBe(3);
  });

  it("standardizes every feature over the rows of the table", async () => {
    const { examples } = await readCsv(await table("1,5,x\n3,5,y\n"), { standardize: true });
    expect(examples.features).toEqual(Float32Array.of(-1, 0, 1, 0));
  });

  it.each<[string, string, CsvOptions, string]>([
    [
      "a word among numbers",
      "a,k\n1,x\ntwo,y\n",
      {},
      'has "two" in line 3, column a, which is not a number',
    ],
    ["a number beyond float32", "a,k\n1e60,x\n", {}, "which is not a number"],
    ["rows of several lengths", "a,k\n1,x\n1,2,y\n", {}, "is not a valid table"],
    ["an open quote", 'a,k\n"1,x\n', {}, "is not a valid table"],
    ["a column that does not exist", "a,k\n1,x\n", { label: "kind" }, "has no column kind"],
    ["a column number that is too high", "a,k\n1,x\n", { label: 2 }, "has no column 2"],
    ["a table with nothing but a header", "a,k\n", {}, "has no rows of data"],
    ["an empty file", "", {}, "is empty"],
  ])("refuses %s and says what is wrong", async (_, text, options, message) => {
    await expect(readCsv(await table(text), options)).rejects.toMatchObject({
      code: "DATA_UNREADABLE",
      message: expect.stringContaining(message),
    });
  });

  it("names a file that does not exist", async () => {
    await expect(readCsv("/nowhere/table.csv")).rejects.toMatchObject({
      code: "DATA_UNREADABLE",
      message: expect.stringContaining("/nowhere/table.csv cannot be read"),
    });
  });

  describe.skipIf(dataFolder === undefined)("on published tables", () => {
    const file = (name: string): string => join(dataFolder!, "tabular", name);

    it("reads iris", async () => {
      const { examples, classNames } = await readCsv(file("iris.csv"), { label: "species" });
      expect(classNames).toEqual(["setosa", "versicolor", "virginica"]);
      expect([examples.count, ...examples.featureShape]).toEqual([150, 4]);
    });

    it("reads the patients of a hospital and tells how many incomplete rows it dropped", async () => {
      const { examples, dropped } = await readCsv(file("heart-disease/processed.cleveland.data"), {
        incomplete: "drop",
      });
      expect([examples.count, dropped, ...examples.featureShape]).toEqual([297, 6, 13]);
    });

    it("reads the scores of patients as values to predict", async () => {
      const { examples } = await readCsv(file("parkinsons/parkinsons_updrs.data"), {
        label: "total_UPDRS",
        labelKind: "value",
        ignore: ["subject#", "motor_UPDRS"],
        standardize: true,
      });
      expect([examples.count, ...examples.featureShape]).toEqual([5875, 19]);
      expect(examples.labels[0]).toBeCloseTo(34.398, 3);
    });
  });
});
