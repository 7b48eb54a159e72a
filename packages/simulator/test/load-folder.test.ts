import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadFolder } from "../src/index.ts";
import { temporaryFolder } from "./support.ts";

const dataFolder = process.env["TRIBUTARY_DATA"];

const rows = (from: number, to: number): string =>
  Array.from(
    { length: to - from },
    (_, i) => `${from + i},${(from + i) % 2 === 0 ? "even" : "odd"}`,
  ).join("\n");

describe("loadFolder", () => {
  it("holds out every fifth row of a single table, whether the path is its own or its folder's", async () => {
    const folder = await temporaryFolder();
    const file = join(folder, "numbers.csv");
    await writeFile(file, `n,parity\n${rows(0, 10)}\n`);
    await writeFile(join(folder, "README.md"), "Numbers.");
    const dataset = await loadFolder(file);
    expect(dataset.name).toBe("numbers");
    expect(dataset.classCount).toBe(2);
    expect([...dataset.test.features]).toEqual([4, 9]);
    expect([...dataset.train.features]).toEqual([0, 1, 2, 3, 5, 6, 7, 8]);
    expect(await loadFolder(folder)).toEqual(dataset);
  });

  it("reads train.csv and test.csv, and numbers the classes as in the training table", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "train.csv"), rows(0, 4));
    await writeFile(join(folder, "test.csv"), "7,odd");
    const { name, train, test } = await loadFolder(folder, { header: false });
    expect(name).toBe(basename(folder));
    expect([train.count, test.count]).toEqual([4, 1]);
    expect([...test.labels]).toEqual([1]);
  });

  it("says what it looked for when there is no data set", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "a.csv"), rows(0, 9));
    await writeFile(join(folder, "b.csv"), rows(0, 9));
    for (const path of [folder, new URL(import.meta.url).pathname]) {
      await expect(loadFolder(path)).rejects.toMatchObject({
        code: "DATA_UNREADABLE",
        remedy: expect.stringContaining("train-images-idx3-ubyte"),
      });
    }
    await expect(loadFolder(join(folder, "gone"))).rejects.toMatchObject({
      code: "DATA_UNREADABLE",
      message: expect.stringContaining("gone cannot be read"),
    });
  });

  it.skipIf(dataFolder === undefined)("recognises the files of Fashion-MNIST", async () => {
    const { name, train, classCount } = await loadFolder(join(dataFolder!, "fashion-mnist"));
    expect([name, train.count, classCount]).toEqual(["fashion-mnist", 60_000, 10]);
  });
});
