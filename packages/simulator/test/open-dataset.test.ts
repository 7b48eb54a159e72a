import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import {
  clientCount,
  dataOptions,
  divide,
  openDataset,
  publishedNames,
  rowsOf,
  type DataInput,
  type Dataset,
} from "../src/index.ts";
import { tarOf, temporaryFolder, testRandom } from "./support.ts";

const dataFolder = process.env["TRIBUTARY_DATA"];

/** Patients of two wards, every third of the one called B. */
const patients = (count: number, from = 0): string =>
  [
    "ward,age,outcome",
    ...Array.from({ length: count }, (_, i) => {
      const age = 20 + ((from + i * 7) % 60);
      return `${i % 3 === 0 ? "B" : "A"},${age},${age > 50 ? "ill" : "well"}`;
    }),
  ].join("\n");

/** Rows with a number each, of which every third is of the ward B. */
const numbered = (count: number): string =>
  [
    "ward,number,outcome",
    ...Array.from({ length: count }, (_, i) => `${i % 3 === 0 ? "B" : "A"},${i},${i % 2}`),
  ].join("\n");

async function folderWith(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(folder, name, ".."), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

const sizesOf = ({ clients }: Dataset): number[] =>
  Array.from({ length: clientCount(clients!.train) }, (_, i) => rowsOf(clients!.train, i).length);

describe("the section data", () => {
  it("is refused with the key that is wrong", async () => {
    const of = (input: object): Promise<Dataset> => openDataset(input as DataInput);
    await expect(of({ name: "mnits" })).rejects.toMatchObject({
      code: "BAD_PARAMETER",
      message: expect.stringContaining("mnits"),
      remedy: expect.stringContaining("Use one of mnist"),
    });
    await expect(of({})).rejects.toThrow("The data's path is missing");
    await expect(of({ name: "writers", writer: 3 })).rejects.toMatchObject({
      remedy: expect.stringContaining("Perhaps you meant writers"),
    });
  });

  it("has a JSON schema in which every key is described", () => {
    const schema = z.toJSONSchema(dataOptions, { io: "input" });
    for (const { properties } of schema.oneOf as { properties: Record<string, object> }[]) {
      for (const [key, property] of Object.entries(properties)) {
        expect(property, key).toHaveProperty("description");
      }
    }
  });
});

describe("published data", () => {
  it.each(publishedNames)("says how to get %s when it is not there", async (name) => {
    vi.stubEnv("TRIBUTARY_DATA", await temporaryFolder());
    await expect(openDataset({ name })).rejects.toMatchObject({
      code: "DATA_UNREADABLE",
      remedy: `Download it with \`tributary data fetch ${name}\`, or give the path of a folder that holds it: data.path.`,
    });
    vi.unstubAllEnvs();
  });

  it("reads CIFAR-10 from the archive that is published", async () => {
    const image = (label: number): Uint8Array => new Uint8Array(3_073).fill(label, 0, 1);
    const batches = [1, 2, 3, 4, 5].map((i) => [`x/data_batch_${i}.bin`, image(i)] as const);
    const archive = tarOf({ ...Object.fromEntries(batches), "x/test_batch.bin": image(9) });
    const path = await folderWith({ "cifar-10-binary.tar.gz": gzipSync(archive) });
    const { name, train, test } = await openDataset({ name: "cifar-10", path });
    expect({ name, labels: [...train.labels, ...test.labels] }).toEqual({
      name: "cifar-10",
      labels: [1, 2, 3, 4, 5, 9],
    });
  });

  it.skipIf(dataFolder === undefined)("opens what TRIBUTARY_DATA names", async () => {
    const { train, test, classCount } = await openDataset({ name: "fashion-mnist" });
    expect([train.count, test.count, classCount]).toEqual([60_000, 10_000, 10]);
    const plays = await openDataset({ name: "shakespeare", window: 20 });
    expect(plays.train.featureShape).toEqual([20]);
    expect(plays.clients!.names).toContain("GLOUCESTER");
  });
});

describe("data that is drawn", () => {
  it("has writers as its clients, the same ones for the same seed", async () => {
    const input: DataInput = {
      ...{ name: "writers", writers: 3, examplesPerWriter: [2, 4] },
      ...{ heldOutWriters: 2, examplesPerHeldOutWriter: 3 },
    };
    const data = await openDataset(input);
    expect(data.clients!.names).toEqual(["writer 0", "writer 1", "writer 2"]);
    expect(data.clients!.test).toBeUndefined();
    expect(data.test.count).toBe(6);
    expect(sizesOf(data).reduce((sum, size) => sum + size)).toBe(data.train.count);
    expect(await openDataset(input)).toEqual(data);
    expect(await openDataset({ ...input, seed: 2 })).not.toEqual(data);
  });

  it("has the clients of synthetic data", async () => {
    const data = await openDataset({ name: "synthetic", clients: 4, examplesPerClient: 10 });
    expect(sizesOf(data)).toEqual([9, 9, 9, 9]);
  });
});

describe("tables", () => {
  it("have the values of a column as clients, which is then no feature", async () => {
    const folder = await folderWith({ "patients.csv": patients(60) });
    const data = await openDataset({ path: "patients.csv", client: "ward" }, { folder });
    expect(data).toMatchObject({ name: "patients", classCount: 2 });
    expect(data.train.featureShape).toEqual([1]);
    expect(data.clients!.names).toEqual(["B", "A"]);
    expect(sizesOf(data)).toEqual([16, 32]);
    const wards = data.table!.rows.map(([ward]) => ward);
    for (const row of rowsOf(data.clients!.train, 0)) expect(wards[row]).toBe("B");
    expect([...data.clients!.test!.offsets]).toEqual([0, 4, 12]);
    // Whatever is a column can sort the examples, though it is no feature.
    const options = { name: "continuous", clients: 4, property: "age", strictness: 1 } as const;
    expect(clientCount(divide(data, options, testRandom(1)))).toBe(4);
  });

  it("of several files are a client each", async () => {
    const folder = await folderWith({
      "hospitals/b.csv": patients(10),
      "hospitals/a.csv": patients(20),
      "hospitals/notes.md": "Two hospitals.",
    });
    const data = await openDataset({ path: "hospitals/*.csv", label: "outcome" }, { folder });
    expect(sizesOf(data)).toEqual([16, 8]);
    expect(data.clients!.names.map((name) => name.slice(-5))).toEqual(["a.csv", "b.csv"]);
    await expect(openDataset({ path: "hospitals/*.tsv" }, { folder })).rejects.toThrow(
      "hospitals/*.tsv matches no file",
    );
  });

  it.each([
    [0.2, [4, 9, 14, 19, 24, 29]],
    [0.3, [3, 6, 9, 13, 16, 19, 23, 26, 29]],
    [0.9, 27],
  ])("hold out the share %d of all rows, evenly spaced", async (heldOut, rows) => {
    const folder = await folderWith({ "p.csv": numbered(30) });
    const data = await openDataset({ path: "p.csv", ignore: ["ward"], heldOut }, { folder });
    const out = [...data.test.features];
    expect(Array.isArray(rows) ? out : out.length).toEqual(rows);
    expect([...out, ...data.train.features].sort((a, b) => a - b)).toHaveLength(30);
  });

  it("hold out the same share of every client if they are told to", async () => {
    const folder = await folderWith({ "p.csv": numbered(33) });
    const options = { path: "p.csv", client: "ward", heldOut: 0.25 };
    const byClient = await openDataset({ ...options, heldOutOf: "client" }, { folder });
    expect([...byClient.clients!.test!.offsets]).toEqual([0, 2, 7]);
    expect(sizesOf(byClient)).toEqual([9, 17]);
    const pooled = await openDataset(options, { folder });
    expect([...pooled.clients!.test!.offsets]).toEqual([0, 3, 8]);
  });

  it("are refused when the held-out rows cannot be as they are told", async () => {
    const folder = await folderWith({
      "p.csv": numbered(9),
      "both/train.csv": numbered(9),
      "both/test.csv": numbered(9),
    });
    const of = (options: object): Promise<Dataset> =>
      openDataset({ path: "p.csv", ...options }, { folder });
    await expect(of({ heldOut: 0.1 })).rejects.toMatchObject({
      code: "DATA_UNREADABLE",
      message: expect.stringContaining("has only 9 rows"),
      remedy: "Give at least 10 rows: one in 10 is held out for testing.",
    });
    await expect(of({ client: "ward", heldOut: 0.15, heldOutOf: "client" })).rejects.toThrow(
      "has only 9 rows, too few of every client",
    );
    await expect(of({ heldOutOf: "client" })).rejects.toThrow("the data has no clients");
    await expect(of({ path: "both", heldOut: 0.1 })).rejects.toThrow("both has a table test");
    await expect(of({ heldOut: 1 })).rejects.toThrow("heldOut is 1");
  });

  it("are refused with the keys of an experiment, not with the options of a command", async () => {
    const folder = await folderWith({ "p.csv": `${numbered(20)}\nA,,1` });
    const refused = openDataset({ path: "p.csv", ignore: ["ward"] }, { folder });
    await expect(refused).rejects.toMatchObject({
      code: "DATA_UNREADABLE",
      message: expect.stringMatching(/has no value in line 22, column number\. [^.]*data\.ignore/),
      remedy: expect.stringMatching(/data\.ignore.*data\.incomplete: drop.*data\.incomplete: mean/),
    });
    await expect(refused).rejects.toMatchObject({ remedy: expect.not.stringContaining("--") });
  });

  it("are refused when a row says no client, and when there is no such column", async () => {
    const folder = await folderWith({ "p.csv": `${patients(10)}\n,30,well` });
    const of = (client: string): Promise<Dataset> =>
      openDataset({ path: "p.csv", client, label: "outcome" }, { folder });
    await expect(of("ward")).rejects.toThrow("does not say whose a row is in line 12, column ward");
    await expect(of("hospital")).rejects.toThrow("has no column hospital");
  });

  it("follow the contract of a task", async () => {
    const folder = await folderWith({ "p.csv": patients(20) });
    const contract = {
      features: [
        {
          ...{ type: "numeric" as const, name: "age", whenMissing: "refuse" as const },
          scaling: { method: "standard" as const, mean: 50, deviation: 10 },
        },
      ],
      label: { name: "outcome", classes: ["well", "ill", "dead"], whenMissing: "refuse" as const },
      missing: [],
      otherColumns: "ignore" as const,
    };
    const data = await openDataset({ path: "p.csv" }, { folder, contract });
    expect(data.classCount).toBe(3);
    expect(data.train.features[0]).toBe(-3);
  });
});

describe("other files", () => {
  it("are opened by their path, and their last fifth is held out if they are text", async () => {
    const folder = await folderWith({ "poem.txt": "x".repeat(101) });
    const { train, test } = await openDataset({ path: "poem.txt", window: 10 }, { folder });
    expect([train.count, test.count]).toEqual([8, 2]);
    const half = await openDataset({ path: "poem.txt", window: 10, heldOut: 0.5 }, { folder });
    expect([half.train.count, half.test.count]).toEqual([5, 5]);
    await expect(openDataset({ path: "poem.txt", label: "x" }, { folder })).rejects.toThrow(
      "data.label is given, but",
    );
  });
});

describe("a data set of a module", () => {
  const MODULE = `export default ({ count }) => {
    const part = { features: new Float32Array(count), featureShape: [1],
      labels: new Int32Array(count), labelShape: [], count };
    return { name: "zeros", train: part, test: part, classCount: 1 };
  };`;

  it("is what its default export makes of the options", async () => {
    const folder = await folderWith({ "zeros.mjs": MODULE });
    const input: DataInput = { name: "module", path: "zeros.mjs", options: { count: 5 } };
    expect(await openDataset(input, { folder })).toMatchObject({
      name: "zeros",
      train: { count: 5 },
    });
  });

  it.each([
    ["is not there", undefined, "cannot be loaded"],
    ["exports no function", "export default 1;", "has no function as its default export"],
    ["makes no data set", "export default () => 3;", "returned no data set"],
    ["throws", "export default () => { throw new Error('no disk'); };", "failed (no disk)"],
    [
      "counts wrong",
      MODULE.replace("new Int32Array(count)", "new Int32Array(1)"),
      "returned a data set whose train has 1 label values for 5 examples",
    ],
  ])("is refused when it %s", async (_, content, message) => {
    const folder = await folderWith(content === undefined ? {} : { "m.mjs": content });
    const input: DataInput = { name: "module", path: "m.mjs", options: { count: 5 } };
    await expect(openDataset(input, { folder })).rejects.toMatchObject({
      code: "DATA_UNREADABLE",
      message: expect.stringContaining(message),
    });
  });
});
