import { describe, expect, it } from "vitest";
import {
  parseTask,
  readStatistics,
  filledByStatistics,
  statisticsColumns,
  type ColumnStatistics,
  type TableContract,
  type NumberStatistics,
} from "@tributary/protocol";
import { countTable } from "../src/examples/count-table.ts";
import type { ExampleTable } from "../src/index.ts";
import { rejectionOf } from "./support/rejection.ts";

const contract: TableContract = parseTask({
  population: "hospitals",
  name: "columns",
  model: { builtin: "logistic-regression" },
  examples: {
    features: [
      { type: "numeric", name: "year" },
      {
        type: "numeric",
        name: "age",
        scaling: { method: "minMax", minimum: 0, maximum: 100 },
        whenMissing: { fill: 50 },
      },
      { type: "categorical", name: "ward", levels: ["A", "B"], whenMissing: "drop" },
    ],
    label: { name: "outcome", classes: ["well", "ill"] },
    otherColumns: "ignore",
  },
}).examples as TableContract;
const BINS = 10;
const size = 4 + (4 + BINS) + 2 + 2;

const rows = (count: number, from: number): ExampleTable => ({
  columns: ["outcome", "age", "year", "ward", "id"],
  rows: Array.from({ length: count }, (_, index) => {
    const n = from + index;
    const age = n % 7 === 0 ? "NA" : String((n * 13) % 120);
    return [n % 3 === 0 ? "ill" : "well", age, 2000 + (n % 5), n % 4 === 0 ? "" : "AB"[n % 2]!, n];
  }),
});

/**
 * What a round makes of tables: the mean of their means, weighted by rows. They travel as differences
 * to the checkpoint, in float32.
 */
async function round(tables: readonly ExampleTable[], before: Float32Array): Promise<Float32Array> {
  const means = await Promise.all(tables.map((table) => countTable(table, contract, BINS, before)));
  const total = tables.reduce((sum, table) => sum + table.rows.length, 0);
  return before.map((old, at) => {
    const update = (index: number): number => Math.fround(means[index]![at]! - old);
    return tables.reduce(
      (sum, { rows }, index) => sum + (update(index) * rows.length) / total,
      old,
    );
  });
}

const meanOf = (numbers: readonly number[]): number =>
  numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
const deviationOf = (numbers: readonly number[]): number =>
  Math.sqrt(meanOf(numbers.map((number) => (number - meanOf(numbers)) ** 2)));

describe("the statistics of several tables", () => {
  it("are those of all their rows together after two rounds", async () => {
    const tables = [rows(50, 0), rows(7, 50), rows(143, 57)];
    const means = await round(tables, await round(tables, new Float32Array(size)));
    const statistics = readStatistics(contract, BINS, means, 200);
    const all = rows(200, 0).rows;
    const ages = all.flatMap((row) => (row[1] === "NA" ? [] : [Number(row[1])]));
    const years = all.map((row) => Number(row[2]));
    const [year, age, ward, outcome] = statistics;
    expect(year).toMatchObject({ kind: "numbers", name: "year", present: 200, missing: 0 });
    expect(year).toMatchObject({
      mean: expect.closeTo(meanOf(years), 3) as number,
      // Its square is lost in float32 unless it is taken around the mean.
      deviation: expect.closeTo(deviationOf(years), 5) as number,
    });
    expect(age).toMatchObject({
      ...{ present: ages.length, missing: 200 - ages.length },
      mean: expect.closeTo(meanOf(ages), 4) as number,
      deviation: expect.closeTo(deviationOf(ages), 4) as number,
    });
    const histogram = Array.from(
      { length: BINS },
      (_, bin) => ages.filter((one) => Math.min(9, Math.floor(one / 10)) === bin).length,
    );
    const sorted = ages.toSorted((a, b) => a - b);
    const quartile = (fraction: number): number => sorted[Math.floor(fraction * sorted.length)]!;
    const distribution = age?.kind === "numbers" ? age.distribution : undefined;
    expect(distribution).toMatchObject({ least: 0, most: 100, histogram });
    [0.25, 0.5, 0.75].forEach((fraction, index) => {
      expect(Math.abs(distribution!.quartiles[index]! - quartile(fraction))).toBeLessThan(10);
    });
    const count = (column: number, text: string): number =>
      all.filter((row) => row[column] === text).length;
    expect(ward).toMatchObject({
      missing: count(3, ""),
      counts: [
        { word: "A", count: count(3, "A") },
        { word: "B", count: count(3, "B") },
      ],
    });
    expect(outcome).toMatchObject({
      counts: [{ count: count(0, "well") }, { count: count(0, "ill") }],
    });
  });

  /** What rounds come to over two tables with these years. */
  async function yearAfter(rounds: number, years: readonly number[]): Promise<ColumnStatistics> {
    const tables = [years.slice(0, 2), years.slice(2)].map((some): ExampleTable => ({
      columns: ["year", "age", "ward", "outcome"],
      rows: some.map((year) => [year, 1, "A", "well"]),
    }));
    let means = new Float32Array(size);
    for (let done = 0; done < rounds; done++) means = new Float32Array(await round(tables, means));
    return readStatistics(contract, BINS, means, years.length)[0]!;
  }

  it.each([
    ["a year that differs", (n: number) => (n === 0 ? 2008 : 2007)],
    ["times in seconds", (n: number) => 1.6e9 + 100 * n],
  ])(
    "have the deviation of %s, whose square has more digits than a float32",
    async (_, numberOf) => {
      const years = Array.from({ length: 120 }, (_, n) => numberOf(n));
      const { deviation } = (await yearAfter(2, years)) as NumberStatistics;
      expect(deviation / deviationOf(years)).toBeCloseTo(1, 3);
    },
  );

  it("have no deviation of one number that float32 does not hold", async () => {
    const year = await yearAfter(2, new Array<number>(120).fill(0.1));
    expect(year).toMatchObject({ deviation: 0 });
    expect(filledByStatistics(contract, [year]).features[0]).toMatchObject({
      scaling: { deviation: 1 },
    });
  });

  it("have no deviation after one round, and then leave the scaling as it is", async () => {
    const year = await yearAfter(1, [1, 2, 4]);
    expect(year).toMatchObject({ deviation: Number.NaN });
    expect(filledByStatistics(contract, [year]).features[0]).toEqual(contract.features[0]);
  });

  it("fill the scaling of the contract in, and change nothing else of it", async () => {
    const tables = [rows(200, 0)];
    const means = await round(tables, await round(tables, new Float32Array(size)));
    const statistics = readStatistics(contract, BINS, means, 200);
    const scaled = filledByStatistics(contract, statistics);
    const years = rows(200, 0).rows.map((row) => Number(row[2]));
    expect(scaled.features[0]).toEqual({
      ...contract.features[0],
      scaling: {
        method: "standard",
        mean: Number(meanOf(years).toPrecision(7)),
        deviation: expect.closeTo(deviationOf(years), 5) as number,
      },
    });
    expect({ ...scaled, features: [] }).toEqual({ ...contract, features: [] });
    expect(scaled.features[2]).toEqual(contract.features[2]);
  });

  it("find what the contract leaves to them to fill in, and no other value", async () => {
    const wanting: TableContract = {
      ...contract,
      features: contract.features.map((feature) =>
        feature.type === "categorical"
          ? { ...feature, whenMissing: "mostFrequent" }
          : { ...feature, whenMissing: feature.name === "age" ? "median" : "mean" },
      ) as TableContract["features"],
    };
    const tables = [rows(50, 0), rows(150, 50)];
    const means = await round(tables, await round(tables, new Float32Array(size)));
    const statistics = readStatistics(wanting, BINS, means, 200);
    const filled = filledByStatistics(wanting, statistics);
    const [year, age, ward] = filled.features as readonly {
      whenMissing: { fill: number | string };
    }[];
    const mean = meanOf(rows(200, 0).rows.map((row) => Number(row[2])));
    expect(year!.whenMissing.fill).toBe(Number(mean.toPrecision(7)));
    const median = statistics[1]?.kind === "numbers" ? statistics[1].distribution?.quartiles[1] : 0;
    expect(age!.whenMissing.fill).toBe(Number(median!.toPrecision(7)));
    const words = statistics[2]?.kind === "words" ? statistics[2].counts : [];
    const most = words.toSorted((a, b) => b.count - a.count)[0]!.word;
    expect(ward!.whenMissing.fill).toBe(most);
    const empty = readStatistics(wanting, BINS, new Float32Array(size), 200);
    expect(filledByStatistics(wanting, empty)).toEqual(wanting);
  });

  it("are refused for a table with a cell that does not fit", async () => {
    const table = {
      columns: ["outcome", "age", "year", "ward"],
      rows: [["well", "old", 2000, "A"]],
    };
    const error = await rejectionOf(countTable(table, contract, BINS, new Float32Array(size)));
    expect(error.message).toContain('"old" in row 1, column age');
    const large = { ...table, rows: [["well", "1", 1e20, "A"]] };
    const before = new Float32Array(size).fill(1, 0, 1);
    const other = await rejectionOf(countTable(large, contract, BINS, before));
    expect(other.message).toContain("numbers in column year whose squares are too large");
  });
});

describe("an image", () => {
  it("is one column of numbers, whose values count as parts of a row", async () => {
    const image: TableContract = {
      ...contract,
      features: [{ type: "image", name: "p", shape: [2], scaling: { method: "none" } }],
    };
    const table = {
      columns: ["p0", "p1", "outcome"],
      rows: [
        [1, 3, "ill"],
        [5, 7, "ill"],
      ],
    };
    const [column] = statisticsColumns(image, BINS);
    expect(column).toMatchObject({ kind: "numbers", name: "p", moments: 0 });
    const first = await countTable(table, image, BINS, new Float32Array(6));
    const means = await countTable(table, image, BINS, first);
    expect(readStatistics(image, BINS, means, 2)[0]).toMatchObject({
      ...{ present: 2, missing: 0, mean: 4 },
      deviation: expect.closeTo(Math.sqrt(5), 5) as number,
    });
  });
});
