import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { mapTable } from "@tributary/client-sdk";
import { draftContract, loadData, type DraftOptions, type TableDataset } from "../src/index.ts";

const dataFolder = process.env["TRIBUTARY_DATA"];

describe.skipIf(dataFolder === undefined)("published tables", () => {
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
