import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { loadData, type TableDataset } from "../src/index.ts";
import { temporaryFolder } from "./support.ts";

const dataFolder = process.env["TRIBUTARY_DATA"];

const rows = (from: number, to: number): string =>
  Array.from(
    { length: to - from },
    (_, i) => `${from + i},${(from + i) % 2 === 0 ? "even" : "odd"}`,
  ).join("\n");

const tables = async (path: string, header?: boolean): Promise<TableDataset> =>
  (await loadData(path, header === undefined ? {} : { header })) as TableDataset;

describe("loading data", () => {
  it("reads a single table, whether the path is its own or its folder's", async () => {
    const folder = await temporaryFolder();
    const file = join(folder, "numbers.tsv.gz");
    await writeFile(file, gzipSync(`n\tparity\n${rows(0, 10).replaceAll(",", "\t")}\n`));
    await writeFile(join(folder, "README.md"), "Numbers.");
    const dataset = await tables(file);
    expect(dataset).toMatchObject({ name: "numbers", tables: [{ columns: ["n", "parity"] }] });
    expect(dataset.tables[0]!.rows).toHaveLength(10);
    expect(await loadData(folder)).toEqual(dataset);
  });

  it("reads a file with a table whatever its name ends in", async () => {
    const file = join(await temporaryFolder(), "optdigits.tra");
    await writeFile(file, rows(0, 4));
    expect(await tables(file)).toMatchObject({
      name: "optdigits",
      tables: [{ lines: [1, 2, 3, 4] }],
    });
  });

  it("keeps a table for testing apart, and finds all tables of a folder", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "train.csv"), rows(0, 4));
    await writeFile(join(folder, "test.csv"), "7,odd");
    const apart = await tables(folder, false);
    expect(apart.name).toBe(basename(folder));
    expect(apart.tables).toHaveLength(1);
    expect(apart.test?.rows).toEqual([["7", "odd"]]);
    const other = await temporaryFolder();
    for (const name of ["b.data", "a.data", "a.names"]) {
      await writeFile(join(other, name), rows(0, 4));
    }
    const several = await tables(other);
    expect(several.tables.map(({ source }) => basename(source))).toEqual(["a.data", "b.data"]);
    expect(several.test).toBeUndefined();
  });

  it("says what it looked for when there is no data", async () => {
    const folder = await temporaryFolder();
    await expect(loadData(folder)).rejects.toMatchObject({
      code: "DATA_UNREADABLE",
      remedy: expect.stringContaining("train-images-idx3-ubyte"),
    });
    await expect(loadData(join(folder, "gone"))).rejects.toMatchObject({
      code: "DATA_UNREADABLE",
      message: expect.stringContaining("gone cannot be read"),
    });
  });

  it.skipIf(dataFolder === undefined)("recognises the files of Fashion-MNIST", async () => {
    const dataset = await loadData(join(dataFolder!, "fashion-mnist"));
    expect(dataset).toMatchObject({
      name: "fashion-mnist",
      train: { count: 60_000 },
      classCount: 10,
    });
  });
});
