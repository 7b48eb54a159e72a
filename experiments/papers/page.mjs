// Draws docs/papers.md: its tables, and the charts beside it, are made of what is recorded. What stands
// between them is written by hand.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { drawChart } from "@tributary/simulator";
import { papers } from "./papers.mjs";
import { commandOf } from "./part-command.mjs";
import { readRecord } from "./record-file.mjs";

/** The folder of the repository. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

const PAGE = "docs/papers.md";
const PICTURES = "docs/img/papers";

/**
 * The page and its charts as what is recorded makes them, by their paths from the repository.
 * @returns {Promise<Map<string, string>>}
 */
export async function pageFiles() {
  /** @type {Map<string, string>} */
  const files = new Map();
  let page = readFileSync(join(root, PAGE), "utf8");
  for (const paper of papers) {
    const record = readRecord(paper.name);
    if (record === undefined) {
      for (const { name } of paper.sections) page = withSection(page, name, notRecorded(paper));
      continue;
    }
    for (const [index, { name, table, chart, caption }] of paper.sections.entries()) {
      const parts = [markdownTable(table(record))];
      if (chart !== undefined) {
        files.set(`${PICTURES}/${name}.svg`, `${await drawChart(chart(record))}\n`);
        parts.push(`![${caption}](img/papers/${name}.svg)`);
      }
      if (index === paper.sections.length - 1) parts.push(provenance(paper, record));
      page = withSection(page, name, parts.join("\n\n"));
    }
  }
  return files.set(PAGE, page);
}

/** Writes the page and its charts. */
export async function drawPage() {
  mkdirSync(join(root, PICTURES), { recursive: true });
  for (const [path, text] of await pageFiles()) writeFileSync(join(root, path), text);
}

/** Files of the page that are not as what is recorded makes them. */
export async function outdatedFiles() {
  const files = [...(await pageFiles())];
  const isCurrent = (/** @type {string} */ path, /** @type {string} */ text) =>
    existsSync(join(root, path)) && readFileSync(join(root, path), "utf8") === text;
  return files.flatMap(([path, text]) => (isCurrent(path, text) ? [] : [path]));
}

/** Replaces a section of a page. @param {string} page @param {string} name @param {string} text */
function withSection(page, name, text) {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${PAGE} has no place for ${name}: ${begin} … ${end}`);
  return `${page.slice(0, from)}${begin}\n${text}\n${page.slice(to)}`;
}

/** @param {{ head: readonly string[], rows: readonly (readonly string[])[] }} table */
function markdownTable({ head, rows }) {
  const line = (/** @type {readonly string[]} */ cells) => `| ${cells.join(" | ")} |`;
  return [line(head), `|${"---|".repeat(head.length)}`, ...rows.map(line)].join("\n");
}

/** What stands in place of figures that there are none of yet. @param {import("./paper.mjs").Paper} paper */
const notRecorded = ({ name, published: { where, figures } }) =>
  `It has not been recorded yet: \`node experiments/record.mjs ${name}\` does so. The paper (${where}): ${
    typeof figures === "string"
      ? figures
      : Object.entries(figures)
          .map(([what, value]) => `${value} (${what})`)
          .join(", ")
  }.`;

/**
 * How the figures came to be: the commands, and where and when they ran.
 * @param {import("./paper.mjs").Paper} paper
 * @param {import("./paper.mjs").PaperRecord} record
 */
function provenance({ name, file, parts }, record) {
  const commands = Object.entries(parts).map(([, settings]) => commandOf(file, settings));
  const last = Object.values(record.parts).at(-1);
  const seeds = new Set(
    Object.values(record.parts).flatMap(({ runs }) => runs.map(({ seed }) => seed)),
  );
  const ran =
    last === undefined
      ? ""
      : ` Recorded ${last.date} with Tributary ${last.environment.tributary}, Node ${last.environment.node}; seeds ${[...seeds].join(", ")}.`;
  return `\`\`\`sh\n${commands.join("\n")}\n\`\`\`\n\n[results](../experiments/results/${name}.json).${ran}`;
}
