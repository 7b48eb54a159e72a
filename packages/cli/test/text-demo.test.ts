import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { describe, expect, it, onTestFinished } from "vitest";
import type { DemoData } from "../src/demo/demo-data.ts";
import { demoTask } from "../src/demo/demo-task.ts";
import { loadDemoData } from "../src/demo/load-demo-data.ts";
import { ownData } from "../src/datasets/own-data.ts";

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
  const all = await ownData({ ...request, holdOut: undefined }, random, () => {});
  expect(all).toMatchObject({ train: { count: 10 }, heldOut: undefined });
  const some = await ownData({ ...request, holdOut: 0.2 }, random, () => {});
  expect(some).toMatchObject({ train: { count: 8 }, heldOut: { count: 2 } });
});
