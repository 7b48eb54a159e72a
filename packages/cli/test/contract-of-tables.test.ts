import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { contractOfTables } from "../src/datasets/contract-of-tables.ts";

it("tells what a table was found to be, and which of its columns are doubtful", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tributary-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, "stays.csv");
  await writeFile(path, "fever,outcome\n36.5,well\n-999,ill\n39.1,ill\n");
  const told: string[] = [];
  const contract = await contractOfTables(path, { reading: {}, draft: {} }, (line) =>
    told.push(line),
  );
  expect(contract.features).toMatchObject([{ type: "numeric", name: "fever" }]);
  expect(told).toEqual([
    expect.stringContaining("3 rows of 2 columns"),
    expect.stringMatching(/^Column fever has -999 in 1 row and otherwise 36.5 to 39.1\./),
  ]);
});
