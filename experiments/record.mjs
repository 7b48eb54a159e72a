// Records what experiments give, beside what papers have published:
//   node experiments/record.mjs [NAME…] [--part PART] [--workers N]
// Each NAME is one of experiments/papers/. All parts of it are run with `tributary simulate`, into
// simulations/papers/; a part that was stopped goes on where it was, and one that has come to its end is only
// read. What they give goes to experiments/results/NAME.json, and docs/papers.md is drawn anew. Without a
// NAME nothing runs, and the page is drawn from what is recorded.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readResults } from "@tributary/simulator";
import { papers } from "./papers/papers.mjs";
import { drawPage, root } from "./papers/page.mjs";
import { argumentsOf } from "./papers/part-command.mjs";
import { condense } from "./papers/condense.mjs";
import { readRecord, writeRecord } from "./papers/record-file.mjs";

const { values: options, positionals } = parseArgs({
  options: { part: { type: "string", multiple: true }, workers: { type: "string" } },
  allowPositionals: true,
});

for (const name of positionals) {
  const paper = papers.find((one) => one.name === name);
  if (paper === undefined) {
    fail(
      `There is no experiment ${name}: take some of ${papers.map((one) => one.name).join(", ")}.`,
    );
  }
  for (const part of options.part ?? Object.keys(paper.parts)) {
    const settings = paper.parts[part];
    if (settings === undefined) {
      fail(`${name} has no part ${part}: take one of ${Object.keys(paper.parts).join(", ")}.`);
    }
    const folder = join("simulations/papers", name, part);
    run([...argumentsOf(paper.file, settings), "--out", folder, "--resume"]);
    const recorded = condense(await readResults(join(root, folder)));
    // Parts that do not run are kept as they were recorded.
    writeRecord(paper, { ...readRecord(name)?.parts, [part]: recorded });
  }
}
await drawPage();

/** Runs `tributary` as an own process, which shows how it goes. @param {readonly string[]} command */
function run(command) {
  const workers = options.workers === undefined ? [] : ["--workers", options.workers];
  const { status } = spawnSync(process.execPath, ["bench/dist/main.js", ...command, ...workers], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (status !== 0) process.exit(status ?? 1);
}

/** @param {string} message @returns {never} */
function fail(message) {
  console.error(message);
  process.exit(2);
}
