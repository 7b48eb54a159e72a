import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openDataset } from "../src/index.ts";
import { adviceText, advise, inWordsOf, setting } from "../src/files/advice.ts";
import { readTable } from "../src/index.ts";
import { temporaryFolder } from "./support.ts";

const TABLE = "age,kind\n1,x\n?,y\n3,x\n4,y\n5,x\n6,y\n";

it("Advice names settings as the library does, unless its caller has other words for them", () => {
  const advice = advise`Say ${setting("decimalMark", ",")}, ${setting("header", false)}, ${setting("ignore", "age")} or ${setting("label")}.`;
  expect(adviceText(advice)).toBe('Say decimalMark: ",", header: false, ignore: [age] or label.');
  expect(adviceText(advice, ({ setting: name }) => `<${name}>`)).toBe(
    "Say <decimalMark>, <header>, <ignore> or <label>.",
  );
});

it("An error of a table names settings of the library, and keys of a file in an experiment", async () => {
  const folder = await temporaryFolder();
  const path = join(folder, "table.csv");
  await writeFile(path, TABLE);
  const remedy = "leave out such rows with data.incomplete: drop, or";
  const experiment = openDataset({ path: "table.csv" }, { folder });
  await expect(experiment).rejects.toMatchObject({
    code: "DATA_UNREADABLE",
    context: { column: "age", line: 3 },
    remedy: expect.stringContaining(remedy),
  });
  await expect(experiment).rejects.toThrow(remedy);
  await writeFile(path, "a,a\n1,x\n");
  const error = await readTable(path).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ remedy: expect.stringContaining("say so with header: false.") });
  expect(inWordsOf(error, () => "OPTION")).toMatchObject({
    code: "DATA_UNREADABLE",
    message: expect.stringMatching(/two columns named a in line 1\. Rename .* with OPTION\.$/),
  });
});
