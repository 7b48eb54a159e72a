import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { expectSection, markdownTable } from "../../../protocol/test/document-section.ts";
import { algorithmOptions, attackOptions, simulate } from "../../src/index.ts";
import { temporaryFolder } from "../support.ts";

interface OptionSchema {
  readonly properties: Readonly<
    Record<
      string,
      { readonly const?: string; readonly description: string; readonly default?: unknown }
    >
  >;
  readonly required: readonly string[];
}

/** A row for each of several ways: its name, what it does, and its keys. */
function rowsOf(options: z.ZodType, common: readonly string[] = []): string[][] {
  const { oneOf } = z.toJSONSchema(options, { io: "input" });
  return (oneOf as OptionSchema[]).map(({ properties, required }) => {
    const { name, ...keys } = properties;
    const shown = Object.entries(keys)
      .filter(([key]) => !common.includes(key))
      .map(([key, { default: byDefault }]) =>
        byDefault === undefined
          ? `\`${key}\`${required.includes(key) ? "" : " (may be left out)"}`
          : `\`${key}\`: ${JSON.stringify(byDefault)}`,
      );
    return [`\`${name!.const}\``, name!.description, shown.join(", ")];
  });
}

describe("docs/algorithms.md", () => {
  it("lists every algorithm with its keys", () => {
    const table = markdownTable(
      ["name", "what it does", "keys: defaults"],
      rowsOf(algorithmOptions),
    );
    expectSection("algorithms.md", "algorithms", table);
  });

  it("lists every attack with its keys", () => {
    const rows = rowsOf(attackOptions, ["share", "clients"]);
    expectSection(
      "algorithms.md",
      "attacks",
      markdownTable(["name", "what attackers do", "keys besides `share`: 0.1 and `clients`"], rows),
    );
  });

  it("shows an algorithm in about twenty lines, which any thread runs", async () => {
    const document = readFileSync(
      new URL("../../../../docs/algorithms.md", import.meta.url),
      "utf8",
    );
    const [, module] = /```js\n([^]*?)```/.exec(document)!;
    expect(module!.split("\n").length).toBeLessThan(25);
    const folder = await temporaryFolder();
    await writeFile(join(folder, "momentum.mjs"), module!);
    const experiment = (share: number): object => ({
      model: { builtin: "logistic-regression" },
      data: { name: "writers", writers: 4, examplesPerWriter: 20, heldOutWriters: 1 },
      partition: { name: "natural-id" },
      round: { goalCount: 2 },
      stop: { rounds: 3 },
      runner: { engine: "fused" },
      algorithm: { name: "module", path: "momentum.mjs", options: { share } },
    });
    const run = async (share: number, workers: number): Promise<string> => {
      const [result] = await simulate(experiment(share), { folder, workers });
      return result!.checkpoint;
    };
    const moved = await run(0.5, 1);
    expect(await run(0.5, 2)).toBe(moved);
    expect(await run(0, 1)).not.toBe(moved);
  });

  it("says what is wrong with a module that makes no algorithm", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "empty.mjs"), "export default 1;");
    const experiment = {
      model: { builtin: "logistic-regression" },
      data: { name: "writers" },
      partition: { name: "natural-id" },
      algorithm: { name: "module", path: "empty.mjs" },
    };
    await expect(simulate(experiment, { folder })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining("empty.mjs has no function as its default export"),
      context: { path: "algorithm.path" },
    });
  });
});
