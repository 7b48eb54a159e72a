import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { chartsOf } from "./charts.ts";
import { compare } from "./compare.ts";
import { comparisonTable } from "./comparison-table.ts";
import { drawChart } from "./draw-chart.ts";
import { escapeHtml, htmlFigure, htmlPage, htmlTable } from "./html.ts";
import type { StoredResults } from "./read-results.ts";
import { RESULTS_FILES } from "./results-files.ts";

/**
 * Writes the report of an experiment into its folder of results: `report.html`, which needs nothing
 * besides itself, and its charts as SVG files in `charts`.
 * @returns The path of the page.
 */
export async function writeReport(results: StoredResults): Promise<string> {
  const { path, plan, environment } = results;
  const figures = await drawnCharts([results], join(path, "charts"));
  const partition = await readFile(join(path, RESULTS_FILES.partition), "utf8").catch(() => "");
  const text = await readFile(join(path, RESULTS_FILES.experiment), "utf8");
  const facts = Object.entries(environment).map(([name, value]) => [name, String(value)]);
  const body = [
    resultsTable([results]),
    ...figures,
    ...(partition === ""
      ? []
      : [htmlFigure("Partition", "The examples of the clients in the first run.", partition)]),
    `<h2>Experiment</h2><pre>${escapeHtml(text)}</pre>`,
    `<h2>Where it ran</h2>${htmlTable(["", "value"], facts)}`,
  ];
  const page = join(path, "report.html");
  await writeFile(page, htmlPage(plan.name, body.join("\n")));
  return page;
}

/**
 * Writes a page that shows several experiments side by side.
 * @param page - The path of the page; its charts stand beside it in `charts`.
 */
export async function writeComparison(
  results: readonly StoredResults[],
  page: string,
): Promise<void> {
  const figures = await drawnCharts(results);
  const title = results.map(({ plan }) => plan.name).join(" and ");
  await writeFile(page, htmlPage(title, [resultsTable(results), ...figures].join("\n")));
}

function resultsTable(results: readonly StoredResults[]): string {
  const { head, rows } = comparisonTable(compare(results));
  return htmlTable(head, rows);
}

/** Draws the charts as HTML, and into a folder if there is one. */
async function drawnCharts(
  results: readonly StoredResults[],
  folder?: string,
): Promise<readonly string[]> {
  const { measure } = results[0]!.summary;
  if (folder !== undefined) await mkdir(folder, { recursive: true });
  const figures: string[] = [];
  for (const { name, title, caption, spec } of chartsOf(results, measure)) {
    const svg = await drawChart(spec);
    if (folder !== undefined) await writeFile(join(folder, `${name}.svg`), svg);
    figures.push(htmlFigure(title, caption, svg));
  }
  return figures;
}
