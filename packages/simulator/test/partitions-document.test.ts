import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { z } from "zod";
import { expectSection, markdownTable } from "../../protocol/test/document-section.ts";
import { divide, openDataset, partitionOptions, summarizePartition } from "../src/index.ts";
import { temporaryFolder, testRandom } from "./support.ts";

interface OptionSchema {
  readonly properties: Readonly<
    Record<
      string,
      {
        readonly const?: string;
        readonly description: string;
        readonly default?: string | number | boolean;
      }
    >
  >;
  readonly required: readonly string[];
}

it("docs/partitions.md lists every partitioner with its keys", () => {
  const { oneOf } = z.toJSONSchema(partitionOptions, { io: "input" });
  const rows = (oneOf as OptionSchema[]).map(({ properties, required }) => {
    const { name, ...keys } = properties;
    const shown = Object.entries(keys).map(([key, { default: byDefault }]) =>
      byDefault === undefined
        ? `\`${key}\`${required.includes(key) ? "" : " (may be left out)"}`
        : `\`${key}\`: ${byDefault}`,
    );
    return [`\`${name!.const}\``, name!.description, shown.join(", ")];
  });
  expectSection(
    "partitions.md",
    "partitioners",
    markdownTable(["name", "how it divides", "keys: defaults"], rows),
  );
});

it("docs/partitions.md shows a module that makes a data set", async () => {
  const document = readFileSync(new URL("../../../docs/partitions.md", import.meta.url), "utf8");
  const [, module] = /```js\n([^]*?)```/.exec(document)!;
  const folder = await temporaryFolder();
  await writeFile(join(folder, "points.mjs"), module!);
  const data = await openDataset(
    { name: "module", path: "points.mjs", options: { clients: 20, examples: 50 } },
    { folder },
  );
  const partition = divide(data, { name: "natural-id" }, testRandom(1));
  expect(summarizePartition(data, partition)).toMatchObject({
    ...{ clients: 20, examples: 1_000 },
    examplesPerClient: { least: 50, most: 50 },
  });
});
