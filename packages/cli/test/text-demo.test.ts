import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom, type Plan, type TextContract } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import type { ExampleStore } from "@tributary/client-sdk";
import { readingUnder } from "@tributary/simulator";
import { describe, expect, it, onTestFinished } from "vitest";
import type { DemoData } from "../src/demo/demo-data.ts";
import { demoTask } from "../src/demo/demo-task.ts";
import { loadDemoData } from "../src/demo/load-demo-data.ts";
import { ownData } from "../src/datasets/own-data.ts";
import { testExamples } from "../src/datasets/test-examples.ts";

const random = seededRandom(createNodeCryptoProvider(), 1);
const tables = { reading: { window: 4 }, draft: {} };

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), "tributary-"));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

const load = (source: string, clients: number): Promise<DemoData> =>
  loadDemoData({ source, clients, tables }, random);

/** What a role says in lines of ten bytes. */
const said = (role: string, lines: number): string =>
  `${role}:\n${Array.from({ length: lines }, (_, i) => `line ${String(i).padStart(4, "0")}\n`).join("")}\n`;

describe("a demo on text", () => {
  it("holds out the end of the text and trains the language model on all else", async () => {
    const file = join(await folder(), "poem.txt");
    await writeFile(file, "abcd".repeat(8) + "wxyz".repeat(2) + "!");
    const data = await load(file, 2);
    expect(data.clients.map(({ count }) => count)).toEqual([4, 4]);
    expect(String.fromCharCode(...data.test.features)).toBe("wxyzwxyz");
    expect(demoTask(data)).toMatchObject({
      model: { builtin: "char-transformer", vocabulary: 256, window: 4 },
      plan: { loss: "sparseCategoricalCrossentropy", metrics: ["perplexity", "accuracy"] },
    });
    const cohorts = [1, 2, 3, 5, 10].map((count) => {
      const clients = Array.from({ length: count }, () => data.test);
      return demoTask({ ...data, clients }).round.goalCount;
    });
    expect(cohorts).toEqual([1, 2, 2, 3, 5]);
    await expect(load(file, 9)).rejects.toMatchObject({ code: "DATA_UNREADABLE" });
  });

  it("makes the largest roles of plays its clients, and tests on what these have held out", async () => {
    const plays = await folder();
    await writeFile(join(plays, "input.txt"), said("A", 10) + said("B", 30) + said("C", 20));
    const data = await load(plays, 2);
    expect(data.clients.map(({ count }) => count)).toEqual([59, 39]);
    expect(data.test.count).toBe(14 + 9);
    await expect(load(plays, 4)).rejects.toMatchObject({
      code: "DATA_UNREADABLE",
      message: expect.stringContaining("has 3 clients, fewer than 4"),
    });
  });
});

it("a client trains on all of its text unless it is told to hold some out", async () => {
  const file = join(await folder(), "poem.txt");
  await writeFile(file, "abcd".repeat(10) + "!");
  const request = { source: file, tables, part: undefined };
  const counts = async (holdOut?: number): Promise<(number | undefined)[]> => {
    const { train, heldOut } = await ownData({ ...request, holdOut }, random, () => {});
    const stores = [train, heldOut] as (ExampleStore | undefined)[];
    const loaded = await Promise.all(stores.map(async (store) => store?.load()));
    const counted = await Promise.all(stores.map(async (store) => store?.count()));
    expect(loaded.map((examples) => examples?.count)).toEqual(counted);
    return counted;
  };
  expect(await counts()).toEqual([10, undefined]);
  expect(await counts(0.2)).toEqual([8, 2]);
});

describe("text under a data contract", () => {
  const contract: TextContract = {
    ...{ type: "text", tokenizer: { name: "r50k_base", vocabulary: 300 }, window: 2 },
  };
  const tokens = [39, 68, 297, 78, 266, 273, 75, 67]; // Hello world
  const fileOf = async (text: string): Promise<string> => {
    const file = join(await folder(), "hello.txt");
    await writeFile(file, text);
    return file;
  };
  const featuresOf = async (store: unknown, agreed?: TextContract): Promise<number[]> =>
    Array.from((await (store as ExampleStore).load(undefined, agreed)).features);

  it("becomes a client's tokens, its part and what it holds out among them", async () => {
    const request = { source: await fileOf("Hello world"), tables, part: undefined };
    const { train } = await ownData({ ...request, holdOut: undefined }, random, () => {});
    expect(await featuresOf(train, contract)).toEqual(tokens.slice(0, 6));
    expect(await featuresOf(train)).toEqual([...new TextEncoder().encode("Hello wo")]);
    const own = await ownData({ ...request, holdOut: 0.5 }, random, () => {});
    expect(await featuresOf(own.train, contract)).toEqual([39, 68, 266, 273]);
    expect(await featuresOf(own.heldOut, contract)).toEqual([297, 78]);
  });

  it("is measured in the contract's tokens", async () => {
    const test = await testExamples(await fileOf("Hello world"), tables, () => {});
    const { features } = await test({ examples: contract } as Plan);
    expect([...features]).toEqual(tokens.slice(0, 6));
  });

  it("is loaded as the contract's tokens by a demo with such a task", async () => {
    const source = await fileOf("Hello world ".repeat(9));
    const reading = readingUnder(contract, { window: 4 });
    const data = await loadDemoData({ source, clients: 1, tables: { reading, draft: {} } }, random);
    expect(data.classCount).toBe(300);
    expect([...data.clients[0]!.features].toSorted((a, b) => b - a)[0]).toBe(297);
    expect(data.test.featureShape).toEqual([2]);
  });
});
