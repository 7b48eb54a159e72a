// Measures update codecs: the error of one encoding and of the mean of ten, the bits per value, and the speed.
//   node bench/update-codecs.mjs [--record]
// `--record` writes the figures to bench/results/ and to bench/README.md.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createKernelsSync } from "@tributary/protocol";
import { provenance, recordFigures, thisMachine } from "./record-figures.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const SEED = 1;
/** The speed is measured with as many values as the CNN of McMahan et al. has parameters. */
const PARAMETERS = 1_663_370;
/** How many values a vector has, and how many vectors are drawn. */
const DIMENSIONS = /** @type {const} */ ([
  [128, 200],
  [1_024, 100],
  [8_192, 50],
  [524_288, 2],
]);

const CODECS = [
  ["eden", "--bits", "0.0625"],
  ["eden", "--bits", "0.5"],
  ["eden", "--bits", "1"],
  ["eden", "--bits", "2"],
  ["eden", "--bits", "3"],
  ["eden", "--bits", "4"],
  ["eden", "--bits", "8"],
  ["eden", "--bits", "1", "--entropy"],
  ["eden", "--bits", "2", "--entropy"],
  ["eden", "--bits", "4", "--entropy"],
  ["rotated-uniform", "--bits", "1"],
  ["rotated-uniform", "--bits", "4"],
  ["uniform", "--bits", "4"],
  ["uniform", "--bits", "8"],
  ["qsgd", "--bits", "4"],
  ["terngrad"],
  ["rotated-uniform", "--bits", "4", "--entropy"],
  ["uniform", "--bits", "4", "--entropy"],
  ["uniform", "--bits", "8", "--entropy"],
  ["qsgd", "--bits", "4", "--entropy"],
  ["qsgd", "--bits", "8", "--entropy"],
  ["terngrad", "--entropy"],
  ["random-k", "--fraction", "0.1"],
  ["top-k", "--fraction", "0.1"],
  ["float16"],
  ["float32"],
];

/**
 * @param {readonly string[]} codec
 * @param {number} dimension
 * @param {number} trials
 */
function measure(codec, dimension, trials) {
  const args = ["bench", "codec", "--codec", ...codec, "--dimension", String(dimension)];
  args.push("--trials", String(trials), "--clients", "10", "--seed", String(SEED), "--json");
  const { status, stdout } = spawnSync(
    process.execPath,
    [join(root, "bench/dist/main.js"), ...args],
    { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] },
  );
  if (status !== 0) throw new Error(`tributary ${args.join(" ")} ended with ${status}`);
  return JSON.parse(stdout);
}

/**
 * How fast eight-bit codes are added to uint32 sums, as the fastest of several runs. For each value nine bytes are read
 * or written.
 */
function additionGBps() {
  const count = 65_536;
  const kernels = createKernelsSync();
  const sums = kernels.allocate(4 * count);
  const codes = kernels.allocate(count);
  const seconds = Array.from({ length: 200 }, () => {
    const started = performance.now();
    for (let i = 0; i < 20; i++) kernels.addBytes(sums, codes, count);
    return (performance.now() - started) / 20_000;
  });
  return Math.round((9 * count) / Math.min(...seconds) / 1e9);
}

const codecs = CODECS.map((codec) => {
  const byDimension = DIMENSIONS.map(([dimension, trials]) => measure(codec, dimension, trials));
  const { bitsPerCoordinate, vnmse } = byDimension[2];
  const { encodeMBps, decodeMBps } = measure(codec, PARAMETERS, 2);
  return {
    codec: codec.join(" ").replaceAll("--", ""),
    bitsPerCoordinate,
    vnmse,
    nmse: Object.fromEntries(byDimension.map(({ dimension, nmse }) => [dimension, nmse])),
    encodeMBps,
    decodeMBps,
  };
});

const result = {
  bench: "update-codecs",
  date: new Date().toISOString(),
  seed: SEED,
  machine: thisMachine(),
  distribution: "lognormal",
  clients: 10,
  additionGBps: additionGBps(),
  codecs,
};
console.log(JSON.stringify(result, undefined, 2));
if (process.argv.includes("--record")) record(result);

/** @param {typeof result} figures */
function record(figures) {
  const short = (/** @type {number} */ value) => String(Number(value.toPrecision(3)));
  const rows = figures.codecs.map((row) =>
    [
      `\`${row.codec}\``,
      row.bitsPerCoordinate.toFixed(3),
      short(row.vnmse),
      ...DIMENSIONS.map(([dimension]) => short(row.nmse[dimension])),
      row.encodeMBps,
      row.decodeMBps,
    ].join(" | "),
  );
  recordFigures("update-codecs", figures, "codecs", [
    provenance(figures),
    `Eight-bit codes of a shared grid are added to 32-bit sums at ${figures.additionGBps} GB/s in cache, nine bytes a value.`,
    "",
    `| codec | bits a value | vNMSE | NMSE of ten, ${DIMENSIONS.map(([d]) => d.toLocaleString("en")).join(" values | ")} values | encodes, MB/s | decodes, MB/s |`,
    `|---|---|---|${DIMENSIONS.map(() => "---|").join("")}---|---|`,
    ...rows.map((row) => `| ${row} |`),
  ]);
}
