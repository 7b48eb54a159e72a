// Measures what rounds cost a server when all clients report at the same time: processor time in comparison with the floor
// of their bytes, memory and delays.
//   node bench/aggregate.mjs [--record]
// `--record` writes the figures to bench/results/ and to bench/README.md.
import { spawnSync } from "node:child_process";
import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { provenance, recordFigures, thisMachine } from "./record-figures.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const SEED = 1;
/** As many as the CNN of McMahan et al. has. */
const PARAMETERS = 1_663_370;

const RUNS = [
  { clients: 100, rounds: 5, down: "float32", codec: ["eden", "--bits", "8"] },
  { clients: 100, rounds: 5, down: "float32", codec: ["uniform", "--bits", "8"] },
  { clients: 100, rounds: 5, down: "float32", codec: ["eden", "--bits", "1"] },
  { clients: 100, rounds: 5, down: "float16", codec: ["uniform", "--bits", "8"] },
  { clients: 100, rounds: 5, down: "difference", codec: ["uniform", "--bits", "8"] },
  { clients: 400, rounds: 2, down: "float32", codec: ["uniform", "--bits", "8"] },
];

/** @param {(typeof RUNS)[number]} run */
function measure({ clients, rounds, down, codec }) {
  const args = ["bench", "aggregate", "--codec", ...codec, "--down", down];
  args.push("--clients", String(clients));
  args.push("--parameters", String(PARAMETERS), "--rounds", String(rounds));
  args.push("--seed", String(SEED), "--json");
  const loadBefore = loadavg()[0] ?? 0;
  // The npm script gives Node the flags that an operator gives it too.
  const { status, stdout } = spawnSync("npm", ["run", "--silent", "tributary", "--", ...args], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status !== 0) throw new Error(`tributary ${args.join(" ")} ended with ${status}`);
  return { codec: codec.join(" ").replaceAll("--", ""), loadBefore, ...JSON.parse(stdout) };
}

const result = {
  bench: "aggregate",
  date: new Date().toISOString(),
  seed: SEED,
  machine: thisMachine(),
  runs: RUNS.map(measure),
};
console.log(JSON.stringify(result, undefined, 2));
if (process.argv.includes("--record")) record(result);

/** @param {typeof result} figures */
function record(figures) {
  const rows = figures.runs.map((row) =>
    [
      `\`${row.codec}\``,
      row.down,
      row.clients,
      (row.bytesUpPerClient / 1_000).toFixed(0),
      (row.bytesDownPerClient / 1_000).toFixed(0),
      row.serverCpuSecondsPerRound.toFixed(2),
      row.floorCpuSecondsPerRound.toFixed(2),
      row.ratio.toFixed(2),
      row.secondsPerRound.toFixed(1),
      row.peakRssMiB,
      row.worstEventLoopDelayMs.toFixed(0),
      row.floorWorstEventLoopDelayMs.toFixed(0),
      row.loadBefore.toFixed(1),
    ].join(" | "),
  );
  recordFigures("aggregate", figures, "aggregate", [
    provenance(figures),
    "",
    "| codec up | down | clients | kB up | kB down | CPU, s a round | floor, s | ratio | s a round | peak, MiB | late at worst, ms | floor, ms | load |",
    "|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ...rows.map((row) => `| ${row} |`),
  ]);
}
