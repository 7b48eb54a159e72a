import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { mapTable } from "@tributary/client-sdk";
import { clauseOf, isTributaryError, type TableContract } from "@tributary/protocol";
import { expectSection, markdownTable } from "../../protocol/test/document-section.ts";
import {
  draftContract,
  loadData,
  readTable,
  type DraftOptions,
  type TableDataset,
  type TableOptions,
} from "../src/index.ts";

const dataFolder = process.env["TRIBUTARY_DATA"];

/** What a person would add to the command after the first refusal, by the file's name. */
const SECOND_TRIES: Readonly<
  Record<string, { flags: string; reading?: TableOptions; draft?: DraftOptions }>
> = {
  "latin1.csv": { flags: "--encoding latin1", reading: { encoding: "latin1" } },
  "missing-?.csv": { flags: "--drop-incomplete", draft: { incomplete: "drop" } },
  "missing-NA.csv": { flags: "--fill-missing mean", draft: { incomplete: "mean" } },
};

describe.skipIf(dataFolder === undefined)("published tables", () => {
  it("in the dialects that people save are read rightly, or refused with file, line and remedy", async () => {
    const folder = join(dataFolder!, "csv");
    const names = readdirSync(folder).filter((name) => name.endsWith(".csv"));
    const rows: string[][] = [];
    for (const name of names.toSorted()) {
      const path = join(folder, name);
      rows.push([`\`${name}\``, "", await outcomeOf(path)]);
      const again = SECOND_TRIES[name];
      if (again === undefined) continue;
      const outcome = await outcomeOf(path, again.reading, again.draft);
      rows.push([`\`${name}\``, `\`${again.flags}\``, outcome]);
    }
    expectSection("tables.md", "dialects", markdownTable(["file", "options", "outcome"], rows));
  });

  it.each<[string, DraftOptions, object]>([
    ["iris.csv", {}, { rows: 150, width: 4, classes: ["setosa", "versicolor", "virginica"] }],
    [
      "penguins.csv",
      { label: "species", ignore: ["island"], incomplete: "drop" },
      { rows: 333, width: 6, classes: ["Adelie", "Chinstrap", "Gentoo"] },
    ],
    ["abalone.csv", { labelKind: "value" }, { rows: 4176, width: 10, classes: undefined }],
    ["optdigits.tra", {}, { rows: 3823, width: 64, classes: [..."0123456789"] }],
    ["heart-disease", { incomplete: "median" }, { rows: 920, width: 13, classes: [..."01234"] }],
    [
      "parkinsons/parkinsons_updrs.data",
      { label: "total_UPDRS", labelKind: "value", ignore: ["subject#", "motor_UPDRS"] },
      { rows: 5875, width: 19, classes: undefined },
    ],
  ])("become examples: %s", async (name, draft, expected) => {
    const { tables } = (await loadData(join(dataFolder!, "tabular", name))) as TableDataset;
    const contract = draftContract(tables, draft);
    const mapped = await Promise.all(tables.map((table) => mapTable(table, contract)));
    expect({
      rows: mapped.reduce((sum, { examples }) => sum + examples.count, 0),
      width: mapped[0]!.examples.featureShape[0],
      classes: contract.label.classes,
    }).toEqual(expected);
  });
});

/** What becomes of a table, as the document says it. */
async function outcomeOf(
  path: string,
  reading: TableOptions = {},
  draft: DraftOptions = {},
): Promise<string> {
  try {
    const table = await readTable(path, reading);
    const contract = draftContract([table], draft);
    const { examples } = await mapTable(table, contract);
    return `${examples.count} rows: ${inWords(contract)}`;
  } catch (error) {
    if (!isTributaryError(error)) throw error;
    const clause = clauseOf(error).replace(path, basename(path));
    return `refused: ${clause.replaceAll("\n", " ")}. ${error.remedy}`;
  }
}

function inWords({ features, label }: TableContract): string {
  const inputs = features.map((feature) =>
    feature.type === "categorical" ? `${feature.name} (categories)` : feature.name,
  );
  return `${inputs.join(", ")} → ${label.name} (${label.classes?.join(", ")})`;
}
