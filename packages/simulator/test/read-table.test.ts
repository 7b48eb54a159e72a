import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { readTable, type TableOptions, type TextTable } from "../src/index.ts";
import { temporaryFolder } from "./support.ts";

async function file(bytes: string | Uint8Array, name = "table.csv"): Promise<string> {
  const path = join(await temporaryFolder(), name);
  await writeFile(path, bytes);
  return path;
}

async function read(bytes: string | Uint8Array, options?: TableOptions): Promise<TextTable> {
  return readTable(await file(bytes), options);
}

/** A table of text with a byte order mark, in UTF-16. */
function utf16(text: string, bigEndian: boolean): Uint8Array {
  const bytes = Buffer.from(`\u{feff}${text}`, "utf16le");
  return bigEndian ? bytes.swap16() : bytes;
}

const flowers = {
  columns: ["sl", "sw", "species"],
  rows: [
    ["5.1", "3.5", "setosa"],
    ["6.2", "3.4", "virginica"],
  ],
};

describe("reading a table", () => {
  it.each<[string, string, Partial<TextTable["found"]>]>([
    ["commas", "sl,sw,species\n5.1,3.5,setosa\n6.2,3.4,virginica\n", { delimiter: "," }],
    ["tabs", "sl\tsw\tspecies\n5.1\t3.5\tsetosa\n6.2\t3.4\tvirginica\n", { delimiter: "\t" }],
    ["bars and spaces", "sl | sw|species\n5.1|3.5 | setosa\n6.2|3.4|virginica", { delimiter: "|" }],
    [
      "runs of spaces",
      "  sl  sw species\n 5.1 3.5   setosa \n 6.2\t3.4 virginica",
      { delimiter: " " },
    ],
    [
      "semicolons and decimal commas",
      "sl;sw;species\r\n5,1;3,5;setosa\r\n6,2;3,4;virginica\r\n",
      { delimiter: ";", decimalMark: "," },
    ],
    [
      "tabs and decimal commas",
      "sl\tsw\tspecies\n5,1\t3,5\tsetosa\n6,2\t3,4\tvirginica\n",
      { delimiter: "\t", decimalMark: "," },
    ],
    [
      "decimal commas in quotes between commas",
      'sl,sw,species\n"5,1","3,5",setosa\n"6,2","3,4",virginica\n',
      { delimiter: ",", decimalMark: "," },
    ],
    [
      "an index of pandas",
      ",sl,sw,species\n0,5.1,3.5,setosa\n1,6.2,3.4,virginica\n",
      { index: true },
    ],
    [
      "an index that was saved before",
      "Unnamed: 0,sl,sw,species\n7,5.1,3.5,setosa\n3,6.2,3.4,virginica",
      { index: true },
    ],
    [
      "the row names of R",
      'sl sw species\n"a b" 5.1 3.5 setosa\n"c" 6.2 3.4 virginica',
      { index: true },
    ],
    [
      "a delimiter at the end of each row",
      "sl,sw,species,\n5.1,3.5,setosa,\n6.2,3.4,virginica,\n",
      {},
    ],
    [
      "a delimiter at the end of each row but the header",
      "sl,sw,species\n5.1,3.5,setosa,\n6.2,3.4,virginica,\n",
      { index: false },
    ],
    [
      "a byte order mark, quotes and empty lines",
      '\u{feff}"sl","sw",species\n\n5.1,3.5,"setosa"\n\n6.2,3.4,virginica',
      { encoding: "utf-8" },
    ],
    [
      "the line that tells Excel the delimiter",
      "sep=;\nsl;sw;species\n5.1;3.5;setosa\n6.2;3.4;virginica\n",
      { delimiter: ";" },
    ],
    [
      "rows of nothing but delimiters at the end",
      "sl,sw,species\n5.1,3.5,setosa\n6.2,3.4,virginica\n,,\n , ,\n",
      {},
    ],
    [
      "the indices of a table that was saved twice",
      ",Unnamed: 0,Unnamed: 0.1,sl,sw,species\n0,0,0,5.1,3.5,setosa\n1,1,1,6.2,3.4,virginica",
      { index: true },
    ],
  ])("takes %s", async (_, text, found) => {
    const table = await read(text);
    expect({ columns: table.columns, rows: table.rows }).toEqual(flowers);
    expect(table.found).toMatchObject({ header: true, ...found });
  });

  it.each<[string, Uint8Array, TableOptions]>([
    ["UTF-16, little end first", utf16("sl;sw;species\n5.1;3.5;josé", false), {}],
    ["UTF-16, big end first", utf16("sl;sw;species\n5.1;3.5;josé", true), {}],
    [
      "UTF-16 without a mark",
      Buffer.from("sl;sw;species\n5.1;3.5;josé", "utf16le"),
      { encoding: "utf-16le" },
    ],
    ["Latin-1", Buffer.from("sl;sw;species\n5.1;3.5;josé", "latin1"), { encoding: "latin1" }],
    ["an archive of gzip", gzipSync("sl;sw;species\n5.1;3.5;josé"), {}],
  ])("takes %s", async (_, bytes, options) => {
    expect((await read(bytes, options)).rows).toEqual([["5.1", "3.5", "josé"]]);
  });

  it("tells the line on which each row begins, also after cells of several lines", async () => {
    const { rows, lines } = await read('a,note\n1,"x\ny, z"\n\n2,"x\r\ny"\n3,w\n');
    expect(rows.map(([, note]) => note)).toEqual(["x\ny, z", "x\ny", "w"]);
    expect(lines).toEqual([2, 5, 7]);
  });

  it.each<[string, string, boolean]>([
    ["words above numbers", "a,k\n1,x\n2,y", true],
    [
      "numbers that count the columns, and a word that does not come again",
      "1,2,species\n5.1,3.5,x\n5,3,x",
      true,
    ],
    ["numbers that count at least three columns", "0,1,2\n5,3,1\n6,4,2", true],
    ["names of columns of words", "kind,colour\ncat,black\ndog,black", true],
    ["a row like all others", "5.1,3.5,setosa\n4.9,3,setosa", false],
    ["words that come again", "cat,black\ndog,black\ncat,white", false],
    ["nothing but numbers", "1,10,7\n2,9,8", false],
    ["a row with a missing value", "5,?,a\n4,1,b", false],
  ])("finds out from %s whether there is a header", async (_, text, header) => {
    const { found, columns, rows } = await read(text);
    expect(found.header).toBe(header);
    if (header) return;
    expect(columns).toEqual(columns.map((_name, index) => String(index)));
    expect(rows).toHaveLength(text.split("\n").length);
  });

  it.each([
    ["a unit", "5 kg"],
    ["a sign", "5 %"],
    ["a mark between thousands", "1 500"],
  ])("divides cells by commas though each has a space before %s", async (_, cell) => {
    const { found, rows } = await read(
      `weight,age,kind\n${`${cell},3,cat\n${cell},4,dog\n`.repeat(9)}`,
    );
    expect(found).toMatchObject({ delimiter: ",", header: true });
    expect(rows[0]).toEqual([cell, "3", "cat"]);
  });

  it("refuses a point where it was told that commas are decimal", async () => {
    await expect(read("a;k\n2,5;x\n1.234;y\n", { decimalMark: "," })).rejects.toMatchObject({
      message: expect.stringContaining("has 1.234, with a point") as string,
      context: { line: 3 },
    });
    const dates = await read("d;a;k\n1.2.2024;2,5;x\n", { decimalMark: ",", header: true });
    expect(dates.rows[0]?.[0]).toBe("1.2.2024");
  });

  it("believes what it is told, and makes nothing of what is said to stand for a missing value", async () => {
    const options = { delimiter: ",", header: false, decimalMark: ".", missing: ["-9"] } as const;
    const { columns, rows } = await read("a;b,c\n1;2,-9\n", options);
    expect(columns).toEqual(["0", "1"]);
    expect(rows).toEqual([
      ["a;b", "c"],
      ["1;2", ""],
    ]);
  });

  it.each<[string, string | Uint8Array, string, string]>([
    ["an empty file", "\n \n", "is empty", "examples"],
    ["nothing but a header", "a,k\n", "has no rows of data", "examples"],
    [
      "rows of several lengths",
      "a,k\n1,x\n1,2,y\n",
      "has 3 cells instead of 2 in line 3",
      "same number",
    ],
    [
      "a header that is too long",
      "a,b,c,k\n1,x\n2,y\n",
      "has 2 cells instead of 4 in line 2",
      "same number",
    ],
    ["an open quote", 'a,k\n"1,x\n', "is not a valid table", "quotes"],
    [
      "a single column",
      "a\n1\n2\n",
      "has rows that are not divided into cells in line 1",
      "delimiter",
    ],
    [
      "two columns of one name",
      "a,a,k\n1,2,x\n",
      "has two columns named a in line 1",
      "header: false",
    ],
    [
      "Latin-1 that is not said",
      Buffer.from("a,k\n1,x\n2,é\n", "latin1"),
      "has bytes that are not UTF-8 in line 3",
      "encoding: latin1",
    ],
    [
      "UTF-16 without a mark",
      Buffer.from("a,k\n1,x\n", "utf16le"),
      "has zero bytes in line 1",
      "encoding: utf-16le",
    ],
    [
      "a spreadsheet",
      Buffer.from("PK\u0003\u0004…"),
      "is a spreadsheet or a zip archive",
      "Save it as CSV",
    ],
    [
      "a broken archive",
      Buffer.from([0x1f, 0x8b, 8, 0, 1]),
      "is not a valid gzip archive",
      "again",
    ],
    [
      "a first line that may be a header or not",
      "63,1,n.d.\n67,4,2\n41,2,3\n",
      'has "n.d." above numbers, and numbers beside it, in line 1',
      "header: false",
    ],
    [
      "a first line of years with a word that may be a class or not",
      "2019,2020,class\n1,2,a\n3,4,b\n5,6,a\n",
      "has class in no other row, in line 1",
      "header: true",
    ],
    [
      "tables one behind the other",
      "a,k\n1,x\n2,y\na,k\n3,x\n",
      "has the names of the columns again in line 4",
      "Take this line out",
    ],
    [
      "cells in single quotes that were cut in two",
      "n,note,k\n1,'a, b',x\n2,'c, d',y\n",
      "has a cell in single quotes with a delimiter in it in line 2",
      "double quotes",
    ],
    [
      "points that may be decimal or not",
      "a;k\n1.234;x\n20;y\n2.345;x\n",
      "has 1.234, whose point may be",
      'decimalMark: "."',
    ],
    [
      "a pointer of Git LFS",
      "version https://git-lfs.github.com/spec/v1\nsize 1\n",
      "is a pointer",
      "git lfs pull",
    ],
    ["a web page", "<!DOCTYPE html>\n<p>a, b\n", "is a web page", "Download"],
    ["JSON", '[{"a":1,"k":"x"},{"a":2,"k":"y"}]', "is JSON", "CSV"],
    ["UTF-32", Buffer.of(0xff, 0xfe, 0, 0, 0x61, 0, 0, 0), "is UTF-32", "UTF-8"],
    [
      "commas that may be decimal or not",
      "a;b\n1,234;x\n2,345;y\n",
      "has 1,234, whose comma may be",
      "decimalMark: ",
    ],
  ])("refuses %s, and says where and what to do", async (_, bytes, message, remedy) => {
    await expect(read(bytes)).rejects.toMatchObject({
      code: "DATA_UNREADABLE",
      message: expect.stringContaining(`table.csv ${message}`),
      remedy: expect.stringContaining(remedy),
    });
  });

  it("names a file that does not exist, and an encoding that nobody knows", async () => {
    await expect(readTable("/nowhere/table.csv")).rejects.toMatchObject({
      code: "DATA_UNREADABLE",
      message: expect.stringContaining("/nowhere/table.csv cannot be read"),
    });
    await expect(read("a,k\n1,x\n", { encoding: "ebcdic-7" })).rejects.toMatchObject({
      code: "DATA_UNREADABLE",
      remedy: expect.stringContaining("latin1"),
    });
  });
});
