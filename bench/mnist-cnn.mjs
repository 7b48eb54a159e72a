// Measures how long the demo takes on MNIST, with the CNN of McMahan et al. and each engine, until
// it classifies 98.5 % of the test digits correctly.
//   node bench/mnist-cnn.mjs [--record] [--engine fused,native,tfjs] [--data FOLDER]
// The demo is the published command in a process of its own. With `--engine` only those engines run;
// the recorded figures of the others are kept. `native` runs where `node infra/check.mjs native` has
// installed ONNX Runtime. MNIST is looked for where the demo looks for it.
// `--record` writes the figures to bench/results/ and their table to bench/README.md.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { onnxRuntimeModules } from "../infra/onnx-runtime.mjs";
import { provenance, recordFigures, thisMachine } from "./record-figures.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const results = join(root, "bench/results/mnist-cnn.json");
const SEED = 1;
const CLIENTS = 10;
/** Clock ticks per second in /proc. Linux has this number on all machines. */
const TICKS = 100;

/**
 * @typedef {{ round: number, accuracy: number, loss: number, seconds: number, cpuSeconds: number, load: number }} Score
 * @typedef {{ date: string, machine: import("./record-figures.mjs").Machine, seed: number, target: number | null, scores: Score[] }} Run
 */

/** @type {Record<string, string[]>} */
const ENGINES = {
  tfjs: ["--engine", "tfjs", "--backend", "wasm"],
  fused: ["--engine", "fused"],
  native: ["--engine", "native"],
};

const { values: options } = parseArgs({
  options: {
    record: { type: "boolean", default: false },
    engine: { type: "string" },
    data: { type: "string", default: "mnist" },
  },
});
const there = Object.keys(ENGINES).filter(
  (engine) => engine !== "native" || existsSync(onnxRuntimeModules(root)),
);
const engines = options.engine === undefined ? there : options.engine.split(",");
if (engines.some((engine) => ENGINES[engine] === undefined)) {
  throw new Error(`--engine takes some of ${Object.keys(ENGINES).join(", ")}`);
}

/** Processor time that all threads of a process have taken so far, seconds. @param {number} pid */
function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** @param {string} engine @returns {Promise<Run>} */
async function run(engine) {
  const folder = mkdtempSync(join(tmpdir(), "tributary-bench-"));
  const startedAt = performance.now();
  const args = ["demo", "--data", options.data, "--clients", `${CLIENTS}`, "--seed", `${SEED}`];
  const task = join(root, "examples/tasks/mnist-cnn.yaml");
  const child = spawn(
    process.execPath,
    [
      join(root, "packages/cli/dist/main.js"),
      ...args,
      ...["--task", task, "--data-dir", folder],
      ...(ENGINES[engine] ?? []),
    ],
    {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NODE_PATH: onnxRuntimeModules(root) },
    },
  );
  /** @type {Score[]} */
  const scores = [];
  /** @type {number | null} */
  let target = null;
  createInterface({ input: child.stdout }).on("line", (line) => {
    const round = /^target +reached by round (\d+)/.exec(line)?.[1];
    if (round !== undefined) target = Number(round);
  });
  createInterface({ input: child.stderr }).on("line", (line) => {
    console.error(`${engine.padEnd(6)}${line}`);
    const row = /^ +(\d+) +\d+\/\d+ +([\d.]+) % +([\d.]+)/.exec(line);
    if (row === null) return;
    scores.push({
      round: Number(row[1]),
      accuracy: Number(row[2]),
      loss: Number(row[3]),
      seconds: Math.round((performance.now() - startedAt) / 100) / 10,
      cpuSeconds: Math.round(cpuSeconds(child.pid ?? 0)),
      load: Math.round(10 * (loadavg()[1] ?? 0)) / 10,
    });
  });
  const code = await new Promise((resolve) => child.on("close", resolve));
  rmSync(folder, { recursive: true, force: true });
  if (code !== 0) throw new Error(`the demo with ${engine} ended with ${code}`);
  return { date: new Date().toISOString(), machine: thisMachine(), seed: SEED, target, scores };
}

/** @type {Record<string, Run>} */
const runs = existsSync(results) ? JSON.parse(readFileSync(results, "utf8")).runs : {};
for (const engine of engines) runs[engine] = await run(engine);

const figures = { bench: "mnist-cnn", clients: CLIENTS, runs };
const shown = Object.keys(ENGINES).filter((engine) => runs[engine] !== undefined);
const lines = [
  ...shown.flatMap((engine) => {
    const recorded = runs[engine];
    if (recorded === undefined) return [];
    const { scores, target, ...facts } = recorded;
    const reached = scores.find(({ round }) => round === target);
    const end =
      reached === undefined
        ? "did not get there"
        : `got there in round ${target}, after ${reached.seconds} s and ${reached.cpuSeconds} s of processor time`;
    return `- \`${engine}\` ${end}. ${provenance(facts)}`;
  }),
  "",
  `| round |${shown.map((engine) => ` ${engine}: accuracy | loss | s | CPU, s | load |`).join("")}`,
  `|---|${shown.map(() => "---|---|---|---|---|").join("")}`,
  ...Array.from(
    { length: Math.max(...shown.map((engine) => runs[engine]?.scores.length ?? 0)) },
    (_, index) =>
      `| ${index + 1} |${shown
        .map((engine) => {
          const score = runs[engine]?.scores[index];
          if (score === undefined) return " | | | | |";
          const { accuracy, loss, seconds, cpuSeconds: cpu, load } = score;
          return ` ${accuracy.toFixed(2)} % | ${loss.toFixed(4)} | ${seconds} | ${cpu} | ${load.toFixed(1)} |`;
        })
        .join("")}`,
  ),
];
console.log(lines.join("\n"));
if (options.record) recordFigures("mnist-cnn", figures, "mnist-cnn", lines);
