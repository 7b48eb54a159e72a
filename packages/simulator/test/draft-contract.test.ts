import { describe, expect, it } from "vitest";
import { mapTable } from "@tributary/client-sdk";
import { draftContract, type DraftOptions, type Filling } from "../src/index.ts";
import { tableOf } from "./support.ts";

const pets = "weight,coat,legs,kind\n4,short,4,cat\n1,none,2,bird\n31,long,4,dog\n4,short,4,cat\n";

describe("drafting a contract", () => {
  it("makes numbers numeric features, words categories, and the last column the classes", async () => {
    const drafted = draftContract([await tableOf(pets)]);
    expect(drafted).toMatchObject({
      features: [
        { type: "numeric", name: "weight", scaling: { method: "none" } },
        { type: "categorical", name: "coat", levels: ["long", "none", "short"] },
        { type: "numeric", name: "legs" },
      ],
      label: { name: "kind", classes: ["bird", "cat", "dog"] },
      otherColumns: "refuse",
    });
    const { examples } = await mapTable(await tableOf(pets), drafted);
    expect(examples.featureShape).toEqual([5]);
    expect([...examples.features.subarray(0, 5)]).toEqual([4, 0, 0, 1, 4]);
    expect([...examples.labels]).toEqual([1, 0, 2, 1]);
  });

  it("is one for all tables: their levels, classes and scalings together", async () => {
    const tables = [await tableOf("a,k\n1,x\n2,x\n"), await tableOf("k,a\ny,3\nx,6\n")];
    const drafted = draftContract(tables, { label: "k", scaling: "standard" });
    expect(drafted.features).toMatchObject([
      { name: "a", scaling: { method: "standard", mean: 3, deviation: Math.sqrt(3.5) } },
    ]);
    expect(drafted.label.classes).toEqual(["x", "y"]);
    const { examples } = await mapTable(tables[1]!, drafted);
    expect([...examples.labels]).toEqual([1, 0]);
  });

  it("takes 1 and 1.0 for one class, and orders classes that are numbers by size", async () => {
    const { label } = draftContract([await tableOf("a,k\n1,1.0\n2,10\n3,9\n4,1\n")]);
    expect(label.classes).toEqual(["1", "9", "10"]);
  });

  it("predicts numbers when told to, and scales them as it does features", async () => {
    const options: DraftOptions = { label: 0, labelKind: "value", ignore: [-1] };
    const drafted = draftContract([await tableOf("v,b,c\n1,10,x\n3,20,y\n")], options);
    expect(drafted).toMatchObject({
      features: [{ name: "b" }],
      label: { name: "v", scaling: { method: "none" } },
      otherColumns: "ignore",
    });
    const scaled = draftContract([await tableOf("v,b,c\n1,10,x\n3,20,y\n")], {
      ...options,
      scaling: "standard",
    });
    expect(scaled.label).toMatchObject({ scaling: { method: "standard", mean: 2, deviation: 1 } });
  });

  it("uses only the columns that are named, and takes numbers for categories when told to", async () => {
    const drafted = draftContract([await tableOf(pets)], {
      features: ["legs"],
      categories: ["legs"],
    });
    expect(drafted.features).toMatchObject([{ type: "categorical", levels: ["2", "4"] }]);
  });

  it.each<[Filling, number]>([
    ["mean", 2.5],
    ["median", 2],
    ["mostFrequent", 2],
    [-1, -1],
  ])(
    "fills missing values with %s, words with the most frequent, and never a label",
    async (incomplete, fill) => {
      const file = await tableOf("a,w,k\n1,x,p\n2,x,q\n2,?,p\n5,y,q\nNA,x,p\n2.5,x,\n");
      expect(draftContract([file], { incomplete })).toMatchObject({
        features: [{ whenMissing: { fill } }, { whenMissing: { fill: "x" } }],
        label: { whenMissing: "drop" },
      });
    },
  );

  it("drops the rows without a value when told to, and tells how many and why", async () => {
    const file = await tableOf("a,b,k\n1,2,x\n?,2,x\n3,,y\n4,5,\n4,5,y\n");
    const { examples, dropped } = await mapTable(
      file,
      draftContract([file], { incomplete: "drop" }),
    );
    expect(examples.count).toBe(2);
    expect(Object.fromEntries(dropped)).toEqual({ a: 1, b: 1, k: 1 });
  });

  it.each<[string, string, string, string]>([
    [
      "a missing value",
      "a,b,k\n1,2,x\n?,2,x\n3,4,y\n",
      "has no value in line 3, column a",
      "incomplete: mean",
    ],
    [
      "a word among numbers",
      "a,k\n1,x\ntwo,y\n3,x\n",
      'has "two", which is not a number as in other lines, in line 3, column a',
      "missing: [",
    ],
    [
      "dates",
      "d,k\n2024-02-01,x\n2024-02-02,y\n",
      'has "2024-02-01", which is a date, in line 2, column d',
      "days since",
    ],
    ["dates of another order", "d,k\n1.2.2024,x\n2.2.2024,y\n", "which is a date", "days since"],
    ["dates without a day", "d,k\n2024-02,x\n2024-03,y\n", "which is a date", "days since"],
    ["names of months", "d,k\nJan 2024,x\nFeb 2024,y\n", "which is a date", "days since"],
    ["dates in words", "d,k\n3. Mai 2024,x\n4. Mai 2024,y\n", "which is a date", "days since"],
    ["quarters", "d,k\n2024Q1,x\n2024Q2,y\n", "which is a date", "categories"],
    ["dates without marks", "d,k\n20240201,x\n20240202,y\n", "which is a date", "days since"],
    ["a date below a word", "d,k\nnever,x\n2024-02-02,y\n", "in line 3, column d", "days since"],
    ["units", "w,k\n5 kg,x\n7 kg,y\n5 kg,y\n", "which is a number with a unit", "without the unit"],
    ["names of currencies", "w,k\nUSD 5,x\n-€7,y\n", "which is a number with a sign", "sign"],
    ["brackets", "w,k\n(5.5),x\n(7),y\n", "which is a negative number", "hyphen"],
    ["minus signs", "w,k\n\u22125,x\n\u22127,y\n", "which is a negative number", "hyphen"],
    ["fractions", "w,k\n1/2,x\n120/80,y\n", "which is two numbers", "a column for each"],
    ["hexadecimal numbers", "w,k\n0x1f,x\n0x2f,y\n", "in another form", "decimal digits"],
    ["digits of other scripts", "w,k\n\u0661,x\n\u0662,y\n", "in other digits", "0 to 9"],
    [
      "spaces between thousands",
      "w,k\n1\u202f500,x\n2\u202f500,y\n",
      "other marks",
      "without marks",
    ],
    [
      "classes that look alike",
      "a,k\n1,<=50K\n2,<=50K.\n3,>50K\n",
      "has <=50K in line 2 and <=50K. in line 3, column k",
      "down to spaces",
    ],
    [
      "classes with more spaces",
      "a,k\n1,new york\n2,new  york\n3,b\n",
      "has new  york in line 3",
      "spaces",
    ],
    ["classes with zeros in front", "a,k\n1,01\n2,1\n3,2\n", "has 01 in line 2 and 1", "same way"],
    [
      "a word among classes that are numbers",
      "a,k\n1,0\n2,1\n3,true\n",
      'has "true", which is not a number as in other lines, in line 4, column k',
      "classes",
    ],
    ["a label without a value", "a,k\n1,x\n2,None\n3,y\n", "has no value in line 3", "classes"],
    [
      "prices as classes",
      `a,k\n${Array.from({ length: 20 }, (_, i) => `1,${i * 7}\n`).join("")}`,
      "has 20 different numbers as classes",
      "labelKind: value",
    ],
    [
      "a column that numbers the rows",
      `patient_id,a,k\n${Array.from({ length: 20 }, (_, i) => `${i},1,${i % 2}\n`).join("")}`,
      "has another number in each row, the first in line 2, column patient_id",
      "features",
    ],
    ["times of day", "d,k\n10:30,x\n11:30,y\n", "which is a time", "minutes"],
    [
      "marks between thousands",
      'd,k\n"1,234,567",x\n"1,000,000",y\n',
      "which is a number with other marks",
      'decimalMark: ","',
    ],
    [
      "shares in percent",
      "d,k\n12 %,x\n13 %,y\n",
      "which is a number with a sign",
      "without the sign",
    ],
    [
      "words that differ in case only",
      "a,k\n1,Yes\n2,no\n3,yes\n",
      "has Yes in line 2 and yes in line 4, column k",
      "same way",
    ],
    [
      "names in place of categories",
      `n,k\n${Array.from({ length: 12 }, (_, i) => `name${i},${i % 2 ? "x" : "y"}`).join("\n")}`,
      "has 12 different texts in 12 rows",
      "ignore: [",
    ],
    [
      "numbers to predict as classes",
      "a,k\n1,1.5\n2,2.5\n",
      "has 2 different numbers as classes",
      "labelKind: value",
    ],
    ["a single class", "a,k\n1,x\n2,x\n", "has only the class x in column k", "classes"],
    [
      "a column without any value",
      "a,b,k\n1,,x\n2,,y\n",
      "has no value in line 2, column b",
      "ignore: [",
    ],
  ])("refuses %s, and says where and what to do", async (_, text, message, remedy) => {
    const file = await tableOf(text);
    const draft = (): unknown => draftContract([file]);
    expect(draft).toThrow(
      expect.objectContaining({
        code: "DATA_UNREADABLE",
        message: expect.stringContaining(message),
        remedy: expect.stringContaining(remedy),
      }),
    );
  });

  it("refuses numbers that are too large to be scaled", async () => {
    const file = await tableOf("a,k\n1e200,x\n3e200,y\n");
    expect(() => draftContract([file], { scaling: "standard" })).toThrow(
      expect.objectContaining({ message: expect.stringContaining("too large to be scaled") }),
    );
  });

  it("takes a class for one that is named, though it usually stands for a missing value", async () => {
    const file = await tableOf("a,k\n1,+\n2,-\n3,None\n");
    const { label } = draftContract([file], { classes: ["+", "-", "None"] });
    expect(label).toEqual({ name: "k", classes: ["+", "-", "None"], whenMissing: "refuse" });
  });

  it.each([
    ["words that are no months", "Marginal 12", "Juno 12"],
    ["ranges", "10-19", "20-29"],
    ["codes", "4WD", "v1.0"],
    ["months of no year", "May", "June"],
  ])("takes %s for categories", async (_, one, other) => {
    const { features } = draftContract([await tableOf(`a,k\n${one},x\n${other},y\n`)]);
    expect(features[0]).toMatchObject({ levels: [one, other].sort() });
  });

  it("takes units for categories when told to", async () => {
    const file = await tableOf("a,k\n5 kg,x\n7 kg,y\n");
    const { features } = draftContract([file], { categories: ["a"] });
    expect(features[0]).toMatchObject({ levels: ["5 kg", "7 kg"] });
  });

  it("names the columns when one does not exist, and a table that lacks one", async () => {
    const file = await tableOf(pets);
    expect(() => draftContract([file], { label: "species" })).toThrow(
      expect.objectContaining({ remedy: "Use one of weight, coat, legs, kind." }),
    );
    expect(() => draftContract([file], { label: 4 })).toThrow("has no column 4");
    const other = await tableOf("weight,kind\n1,x\n2,y\n");
    expect(() => draftContract([file, other])).toThrow("has no column coat");
  });
});
