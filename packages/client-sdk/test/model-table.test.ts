// Holds the table of docs/models.md to what the engines make of the models of the published data.
// UPDATE_DOCS=1 writes the table.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isTributaryError } from "@tributary/protocol";
import { describe, expect, it } from "vitest";
import { createFusedTrainer } from "../src/training/fused/fused-trainer.ts";
import { createTfjsTrainer } from "../src/training/tfjs-trainer.ts";
import { reportOf, type Engines } from "./support/model-report.ts";
import { modelFiles, readExpected, readModel } from "./support/published-models.ts";

const DATA = process.env["TRIBUTARY_DATA"];
const DOCUMENT = new URL("../../../docs/models.md", import.meta.url);
const SECTION = /(<!-- models:begin -->\n)([^]*?)(<!-- models:end -->)/;
const HEAD = ["model", "fused", "tfjs", "predictions", "gradients"] as const;

/** A line of the table, whose last two cells are numbers that have been measured or stated. */
interface Line {
  readonly model: string;
  readonly fused: string;
  readonly tfjs: string;
  readonly numbers: readonly (number | undefined)[];
}

/** The next power of ten above a difference, which a table can hold from run to run. */
const bound = (value: number | undefined): string =>
  value === undefined ? "" : value === 0 ? "0" : `1e${Math.ceil(Math.log10(value) + 0.1)}`;

function textOf(lines: readonly Line[]): string {
  const rows = lines.map(({ model, fused, tfjs, numbers }) => [
    ...[model, fused, tfjs],
    ...numbers.map(bound),
  ]);
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |\n`;
  return [line(HEAD), `|${"---|".repeat(HEAD.length)}\n`, ...rows.map(line)].join("");
}

function linesIn(text: string): readonly Line[] {
  return text
    .split("\n")
    .slice(2, -1)
    .map((row) => row.split("|").map((cell) => cell.trim()))
    .map(([, model = "", fused = "", tfjs = "", ...numbers]) => ({
      ...{ model, fused, tfjs },
      numbers: numbers.slice(0, 2).map((cell) => (cell === "" ? undefined : Number(cell))),
    }));
}

async function measure(name: string, file: string, engines: Engines): Promise<Line> {
  const { refusals, predictions, gradients } = await reportOf(
    readModel(file),
    readExpected(file),
    engines,
  );
  return {
    model: name,
    fused: refusals.fused ?? "yes",
    tfjs: refusals.tfjs ?? "yes",
    numbers: [predictions, gradients],
  };
}

/** Whether a file is a model of layers: the others have nothing to train. */
function isLayersModel(file: string): boolean {
  try {
    readModel(file);
    return true;
  } catch (error) {
    if (!isTributaryError(error, "MODEL_UNSUPPORTED")) throw error;
    return false;
  }
}

describe.skipIf(DATA === undefined)("the table of models", () => {
  it("says what the engines make of each model of the published data", async () => {
    const engines = {
      fused: await createFusedTrainer(),
      tfjs: await createTfjsTrainer({ backend: "wasm" }),
    };
    const lines: Line[] = [];
    for (const folder of ["models", "keras3", "tfjs"]) {
      for (const path of modelFiles(join(DATA!, folder))) {
        const file = join(DATA!, folder, path);
        const name = `${folder}/${path.replace(/\/(model|bundle_model_test)\.json$/, "")}`;
        if (isLayersModel(file)) lines.push(await measure(name, file, engines));
      }
    }
    engines.fused.dispose();
    engines.tfjs.dispose();
    const before = readFileSync(DOCUMENT, "utf8");
    if (process.env["UPDATE_DOCS"] !== undefined) {
      writeFileSync(DOCUMENT, before.replace(SECTION, `$1${textOf(lines)}$3`));
    }
    const stated = linesIn(SECTION.exec(readFileSync(DOCUMENT, "utf8"))![2]!);
    const withoutNumbers = ({ model, fused, tfjs }: Line): object => ({ model, fused, tfjs });
    expect(lines.map(withoutNumbers)).toEqual(stated.map(withoutNumbers));
    for (const [index, { model, numbers }] of lines.entries()) {
      for (const [column, value] of numbers.entries()) {
        const most = stated[index]!.numbers[column];
        if (value === undefined) expect(most, model).toBeUndefined();
        else expect(value, `${model}, ${HEAD[3 + column]}`).toBeLessThanOrEqual(most ?? -1);
      }
    }
  }, 60_000);
});
