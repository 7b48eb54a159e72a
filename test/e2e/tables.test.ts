import { readFileSync } from "node:fs";
import { symlink } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { expectSection, markdownTable } from "../../packages/protocol/test/document-section.ts";
import type { DemoResult } from "./support/demo-result.ts";
import { published, publishedData } from "./support/published-data.ts";
import { openSandbox } from "./support/sandbox.ts";

/** Patients of three hospitals, in a dialect of its own: the outcome and the stay follow from the fever. */
function patients(): string {
  const rows = Array.from({ length: 90 }, (_, index) => {
    const fever = 36 + ((index * 37) % 50) / 10;
    const ward = index % 2 === 0 ? "east" : "west";
    const stay = String(2 * (fever - 36) + 1).replace(".", ",");
    const shown = index === 7 ? "NA" : String(fever).replace(".", ",");
    return [`H${index % 3}`, shown, ward, stay, fever > 38.4 ? "ill" : "well"].join(";");
  });
  return ["hospital;fever;ward;stay;outcome", ...rows].join("\n");
}

test("a table in any dialect trains with one command, each hospital as a client", async () => {
  const box = await openSandbox();
  await box.write("patients.csv", patients());
  const demo = [
    "demo",
    "--data",
    "patients.csv",
    "--by",
    "hospital",
    "--rounds",
    "8",
    "--seed",
    "1",
  ];
  const outcome = await box.json<DemoResult>([
    ...[...demo, "--label", "outcome", "--ignore", "stay", "--drop-incomplete"],
  ]);
  expect(outcome).toMatchObject({ clients: 3, rounds: 8 });
  expect(outcome.finalAccuracy).toBeGreaterThan(0.8);

  const stay = await box.run([
    ...[...demo, "--label", "stay", "--values", "--ignore", "outcome", "--fill-missing", "median"],
  ]);
  expect({ code: stay.code, stderr: stay.code === 0 ? "" : stay.stderr }).toMatchObject({
    code: 0,
    stderr: "",
  });
  expect(stay.stderr).toContain(
    "90 rows of 5 columns, divided by semicolons, with a header, with decimal commas",
  );
  expect(stay.stderr).toContain("filled in 1 values of fever (1)");
  expect(stay.stderr).toMatch(/^round {2}cohort +MAE/m);
  // The stay is 1 to 11 days, so that a model that knows nothing is 2.5 days off.
  const error = /^error +MAE ([\d.]+), RMSE ([\d.]+) on held-out examples$/m.exec(stay.stdout);
  expect(Number(error?.[1])).toBeLessThan(2);
  expect(Number(error?.[2])).toBeGreaterThanOrEqual(Number(error?.[1]));
});

test("a contract is drafted from a table for the task file", async () => {
  const box = await openSandbox();
  await box.write("patients.csv", patients());
  const { examples } = await box.json<{ examples: object }>([
    ...["task", "contract", "patients.csv", "--fill-missing", "mean", "--ignore", "hospital,stay"],
  ]);
  expect(examples).toMatchObject({
    features: [
      { type: "numeric", name: "fever", scaling: { method: "none" } },
      { type: "categorical", name: "ward", levels: ["east", "west"] },
    ],
    label: { name: "outcome", classes: ["ill", "well"] },
    otherColumns: "ignore",
  });
});

describe.skipIf(publishedData === undefined)("the six tables of the page", () => {
  /** Whether the figures are renewed. Then every command runs as it is printed. */
  const isRenewal = process.env["UPDATE_DOCS"] !== undefined;
  /** The most rounds of a command that runs whole in any case, and those that are left of others. */
  const WHOLE_ROUNDS = 15;
  const CUT_ROUNDS = 2;

  test(
    "train by the commands that it prints, and reach the figures that it prints",
    async () => {
      const box = await openSandbox();
      await symlink(published("tabular"), box.path("tabular"));
      const [head = [], ...rows] = printedTable();
      expect(rows).toHaveLength(6);
      for (const row of rows) {
        const printed = (/`tributary (.+)`/.exec(row[2]!)?.[1] ?? "").split(" ");
        const at = printed.indexOf("--rounds");
        const isWhole = isRenewal || (at !== -1 && Number(printed[at + 1]) <= WHOLE_ROUNDS);
        const others = at === -1 ? printed : printed.toSpliced(at, 2);
        const args = isWhole ? printed : [...others, "--rounds", String(CUT_ROUNDS)];
        const reached = figureOf(await box.json<DemoResult>(args));
        if (isWhole) row[3] = reached;
        else expect(formOf(reached), args.join(" ")).toBe(formOf(row[3]!));
      }
      expectSection("tables.md", "six-tables", markdownTable(head, rows));
    },
    isRenewal ? 900_000 : undefined,
  );

  /** The table's head and rows, cell by cell. */
  function printedTable(): string[][] {
    const page = readFileSync(new URL("../../docs/tables.md", import.meta.url), "utf8");
    const section = /<!-- six-tables:begin -->\n([^]*?)\n<!-- six-tables:end -->/.exec(page)?.[1];
    return (section ?? "")
      .split("\n")
      .filter((line) => !line.startsWith("|---"))
      .map((line) => line.slice(2, -2).split(" | "));
  }

  function figureOf(result: DemoResult): string {
    const { finalAccuracy, finalMeanAbsoluteError, finalRootMeanSquaredError } = result;
    if (finalAccuracy !== null) return `${(100 * finalAccuracy).toFixed(1)} %`;
    return `MAE ${finalMeanAbsoluteError?.toFixed(2)}, RMSE ${finalRootMeanSquaredError?.toFixed(2)}`;
  }

  /** A figure without its digits: what is measured, in which unit. */
  const formOf = (figure: string): string => figure.replaceAll(/[\d.]+/g, "#");
});
