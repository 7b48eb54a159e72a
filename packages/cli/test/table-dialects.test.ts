import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, it } from "vitest";
import { mapTable } from "@tributary/client-sdk";
import { clauseOf, isTributaryError, type TableContract } from "@tributary/protocol";
import {
  draftContract,
  readTable,
  type DraftOptions,
  type TableOptions,
} from "@tributary/simulator";
import { inWordsOf } from "@tributary/simulator/names";
import { expectSection, markdownTable } from "../../protocol/test/document-section.ts";
import { settingOption } from "../src/terminal/setting-options.ts";

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
    const told = inWordsOf(error, settingOption);
    if (!isTributaryError(told)) throw told;
    const clause = clauseOf(told).replace(path, basename(path));
    return `refused: ${clause.replaceAll("\n", " ")}. ${told.remedy}`;
  }
}

function inWords({ features, label }: TableContract): string {
  const inputs = features.map((feature) =>
    feature.type === "categorical" ? `${feature.name} (categories)` : feature.name,
  );
  return `${inputs.join(", ")} → ${label.name} (${label.classes?.join(", ")})`;
}
