import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { draftContract, readTable } from "../src/index.ts";

const fixture = (name: string): string =>
  fileURLToPath(new URL(`./fixtures/${name}.parquet`, import.meta.url));

describe("a table in Parquet", () => {
  it("is read as a table of text, without the index of pandas", async () => {
    const { columns, rows, lines, found } = await readTable(fixture("flowers"));
    expect(columns).toEqual(["sl", "n", "ok", "species"]);
    expect(rows).toEqual([
      ["5.1", "1", "true", "setosa"],
      ["6.2", "2", "false", "virginica"],
      ["", "3", "true", "setosa"],
    ]);
    expect(lines).toEqual([1, 2, 3]);
    expect(found).toMatchObject({ form: "parquet", index: true });
  });

  it("is refused for its dates as text is", async () => {
    const table = await readTable(fixture("dated"));
    expect(() => draftContract([table])).toThrow(/which is a date, in line 1, column day/);
  });

  it.each([
    ["lists", "neither a number nor a text in line 1, column l", "a column for each"],
    ["zstandard", "cannot be read as Parquet", "snappy"],
  ])("is refused when it is one of %s", async (name, message, remedy) => {
    await expect(readTable(fixture(name))).rejects.toMatchObject({
      code: "DATA_UNREADABLE",
      message: expect.stringContaining(message),
      remedy: expect.stringContaining(remedy),
    });
  });
});
