import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parseSetting, readExperiment, simulate, type ExperimentRun } from "@tributary/simulator";
import { outdatedFiles } from "../papers/page.mjs";
import { papers } from "../papers/papers.mjs";
import { readRecord } from "../papers/record-file.mjs";

const folder = new URL("../", import.meta.url).pathname;
const files = readdirSync(folder).filter((name) => name.endsWith(".yaml"));

const recorded = papers.filter(({ name }) => readRecord(name) !== undefined);

const scratch = mkdtempSync(join(tmpdir(), "tributary-papers-"));
const text = join(scratch, "play.txt");
writeFileSync(text, "To be, or not to be, that is the question. ".repeat(200));
afterAll(() => rmSync(scratch, { recursive: true }));

/** What makes an experiment so small that a round takes a moment, on data that needs no download. */
function smaller(value: { readonly data?: unknown; readonly partition?: unknown }): object {
  const small = { seeds: [1], "stop.rounds": 1, "plan.localEpochs": 1 };
  switch (nameOf(value.data)) {
    case "synthetic":
      return { ...small, "data.examplesPerClient": 20 };
    case "shakespeare":
      return {
        ...small,
        data: { path: text, window: 80 },
        partition: { name: "iid", clients: 50 },
      };
    default: {
      const data = { name: "writers", writers: 8, examplesPerWriter: 50, heldOutWriters: 1 };
      const isListed = nameOf(value.partition) === "id-to-size";
      return { ...small, data, ...(isListed && { "partition.sizes": [10] }) };
    }
  }
}

/** A run of each variant; of many variants, of some of them. */
function someOf(runs: readonly ExperimentRun[]): ExperimentRun[] {
  const first = runs.filter(
    ({ variant }, index) => runs.findIndex((run) => run.variant === variant) === index,
  );
  const step = Math.ceil(first.length / MOST_RUNS);
  return first.filter((_, index) => index % step === 0);
}

const MOST_RUNS = 6;

const nameOf = (section: unknown): unknown => (section as { readonly name?: string }).name;

describe("the experiments", () => {
  it.each(files)("can be read and checked: %s", async (file) => {
    const { runs } = await readExperiment(`${folder}${file}`);
    expect(runs.length).toBeGreaterThan(0);
  });
});

describe("the results of papers", () => {
  it("are as the page and its charts show them", { timeout: 60_000 }, async () => {
    // `node experiments/record.mjs` draws the page anew.
    expect(await outdatedFiles()).toEqual([]);
  });

  it("come with reasons where they are far from those of the paper", () => {
    const page = readFileSync(new URL("../../docs/papers.md", import.meta.url), "utf8");
    const far = page.split(/^## /m).filter((section) => /\| \*\*[\d.]+\*\* \|/.test(section));
    expect(far.length).toBeGreaterThan(0);
    for (const section of far) expect(section).toMatch(/^Why (fewer|more) rounds: /m);
  });

  it.each(recorded)("have the published figures of the paper beside them: $name", (paper) => {
    const record = readRecord(paper.name);
    expect(record).toMatchObject({ experiment: paper.name, published: paper.published });
    for (const { groups, runs } of Object.values(record!.parts)) {
      expect(groups.flatMap(({ seeds }) => seeds)).toHaveLength(runs.length);
      for (const { checkpoint } of runs) expect(checkpoint).toMatch(/^[\da-f]{64}$/);
    }
  });

  it.each(papers)("come from experiments that run: $name", { timeout: 60_000 }, async (paper) => {
    const path = `${folder}${paper.file}`;
    const settings = Object.values(paper.parts).map((part) =>
      Object.fromEntries(part.map(parseSetting)),
    );
    const [first] = await Promise.all(settings.map((part) => readExperiment(path, part)));
    const plan = await readExperiment(path, { ...settings[0], ...smaller(first!.value) });
    const results = await simulate({ ...plan, runs: someOf(plan.runs) }, { workers: 1 });
    for (const { rounds } of results) expect(rounds.at(-1)).toMatchObject({ number: 1 });
  });
});
