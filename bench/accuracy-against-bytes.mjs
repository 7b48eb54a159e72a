// Measures how many bytes must be sent until a model is accurate. It compares federated averaging,
// with update codecs from 32 bits per value down to a sixteenth of a bit, and FedSGD in float32.
// One such run is called a cell.
//   node bench/accuracy-against-bytes.mjs [--record] [--cells NAME,…] [--quick] [--seed NUMBER]
//     [--data FOLDER] [--out FOLDER]
// --record  writes the figures to bench/results/, and draws docs/accuracy-against-bytes.md and its
//           picture from them. Recorded figures of cells that do not run are kept.
// --cells   runs only these cells; `none` runs none and only draws.
// --quick   takes seconds, on digits that the benchmark draws itself.
// --data    the folder with MNIST; without it ./data/mnist and $TRIBUTARY_DATA/mnist are tried.
// --out     writes to another folder than this repository.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { builtinModel, seededRandom } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { dealExamples, drawWriters, iidPartition, loadMnist } from "@tributary/simulator";
import { ClientThreads } from "./accuracy-against-bytes/client-threads.mjs";
import { FULL, QUICK } from "./accuracy-against-bytes/cells.mjs";
import { drawPage } from "./accuracy-against-bytes/page.mjs";
import { drawPicture } from "./accuracy-against-bytes/picture.mjs";
import { runCell } from "./accuracy-against-bytes/run-cell.mjs";
import { thisMachine } from "./record-figures.mjs";

/**
 * @typedef {import("./accuracy-against-bytes/run-cell.mjs").CellResult} CellResult
 * @typedef {{
 *   bench: string, seed: number, data: string, clients: number, cohort: number, target: number,
 *   machine: { cpu: string, cores: number, memoryGiB: number, node: string },
 *   cells: (CellResult & { date: string })[],
 * }} Figures
 */

const { values: options } = parseArgs({
  options: {
    record: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    cells: { type: "string" },
    seed: { type: "string", default: "1" },
    data: { type: "string" },
    out: { type: "string", default: fileURLToPath(new URL("..", import.meta.url)) },
  },
});
const experiment = options.quick ? QUICK : FULL;
const chosen = chooseCells(options.cells);
const file = join(options.out, "bench/results/accuracy-against-bytes.json");

const seed = Number(options.seed);
if (!Number.isSafeInteger(seed)) fail(`--seed takes a whole number, not ${options.seed}.`);
const random = seededRandom(createNodeCryptoProvider(), seed);
const old = options.record ? recorded() : undefined;
/** @type {Figures} */
const figures = {
  bench: "accuracy-against-bytes",
  seed,
  data: experiment.data,
  clients: experiment.clients,
  cohort: experiment.cohort,
  target: experiment.target,
  machine: (chosen.length === 0 ? old?.machine : undefined) ?? thisMachine(),
  cells: old?.cells ?? [],
};
if (chosen.length > 0) {
  const { clients, test } = await loadExamples();
  const threads = new ClientThreads({ clients, test, seed }, availableParallelism());
  try {
    for (const cell of chosen) {
      const result = await runCell(cell, {
        threads,
        clients: clients.length,
        cohort: experiment.cohort,
        target: experiment.target,
        model: builtinModel("mcmahan-2nn", random.derive("model")),
        random: random.derive("cohorts"),
        say: (text) => console.error(text),
      });
      const date = new Date().toISOString();
      figures.cells = [
        ...figures.cells.filter((before) => before.cell.name !== cell.name),
        { date, ...result },
      ];
      if (options.record) record(); // what has run is not lost if a later cell fails
    }
  } finally {
    await threads.close();
  }
} else if (options.record) record();
const withoutPoints = figures.cells.map((cell) => ({ ...cell, points: cell.points.length }));
console.log(JSON.stringify({ ...figures, cells: withoutPoints }, undefined, 2));

/** @param {string | undefined} names */
function chooseCells(names) {
  if (names === undefined) return experiment.cells.filter((cell) => !cell.name.startsWith("grid-"));
  if (names === "none") return [];
  return names.split(",").map((name) => {
    const found = experiment.cells.find((cell) => cell.name === name);
    if (found !== undefined) return found;
    const known = experiment.cells.map((cell) => cell.name).join(", ");
    return fail(`There is no cell "${name}": take some of ${known}, or none.`);
  });
}

/** The recorded figures of these cells, if they have the same seed. @returns {Figures | undefined} */
function recorded() {
  if (!existsSync(file)) return undefined;
  const known = new Set(experiment.cells.map((cell) => cell.name));
  const before = /** @type {Figures} */ (JSON.parse(readFileSync(file, "utf8")));
  if (before.seed !== seed) return undefined;
  return { ...before, cells: before.cells.filter(({ cell }) => known.has(cell.name)) };
}

async function loadExamples() {
  const { clients } = experiment;
  if (experiment.data === "writers") {
    const writers = { writers: clients, examplesPerWriter: 60, heldOutWriters: 10 };
    return drawWriters({ random: random.derive("writers"), ...writers });
  }
  const shared = process.env["TRIBUTARY_DATA"];
  const folders = [options.data, "./data/mnist", shared && join(shared, "mnist")];
  const folder = folders.find((candidate) => candidate !== undefined && existsSync(candidate));
  if (folder === undefined) {
    return fail(
      "MNIST is not here: `npm run --silent tributary -- data fetch mnist` puts it into ./data/mnist, or name its folder with --data.",
    );
  }
  const { train, test } = await loadMnist(folder);
  const partition = iidPartition(train.count, clients, random.derive("partition"));
  return { clients: dealExamples(train, partition), test };
}

function record() {
  const order = experiment.cells.map((cell) => cell.name);
  figures.cells.sort((a, b) => order.indexOf(a.cell.name) - order.indexOf(b.cell.name));
  // Each point stands in one line.
  const text = JSON.stringify(figures, undefined, 2).replaceAll(
    /\{\s+("rounds"[^{}]*"accuracy"[^{}]*?)\s+\}/g,
    (_all, /** @type {string} */ point) => `{ ${point.replaceAll(/\s+/g, " ")} }`,
  );
  write("bench/results/accuracy-against-bytes.json", `${text}\n`);
  write("docs/accuracy-against-bytes.md", drawPage(figures));
  write("docs/img/accuracy-against-bytes.svg", drawPicture(figures));
}

/** @param {string} path @param {string} text */
function write(path, text) {
  const place = join(options.out, path);
  mkdirSync(dirname(place), { recursive: true });
  writeFileSync(place, text);
}

/** @param {string} message @returns {never} */
function fail(message) {
  console.error(message);
  process.exit(1);
}
