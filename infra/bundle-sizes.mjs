// How much a page loads of the client SDK, and how much that may be.
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { FOR_BROWSERS, UNUSED, build } from "./rolldown.mjs";

/** @typedef {import("./rolldown.mjs").Chunk} Chunk */

/**
 * @typedef {object} BundleSize
 * @property {string} name
 * @property {number} bytes - Minified.
 * @property {number} gzipBytes
 * @property {number} budgetKb - The most that `gzipBytes` may be, in kB of 1,000 bytes.
 */

/** What a page that takes part loads in rare cases, or for apps that ask for it, by what the `import()`s name. */
const RARE = [
  /libsodium-wrappers-sumo/,
  /protocol\/crypto-(noble|libsodium)$/,
  /browser\/worker-text\.js/,
  /platform\/web-failure\.js/,
  /worker\/worker-core\.js/,
  /conditions\/eligibility\.js/,
  /(browser-device|indexed-db-usage)\.js/,
  /models\/layers-model\.js/,
  /(model-keeper|trust\/model-store|platform\/model-shelf)\.js/,
  /engine-choice\/try-plan\.js/,
  /participation\/statistics-report\.js/,
  /training\/tfjs-trainer\.js/,
  /kernels\/(reference\/)?reference-kernels\.js/,
];

/**
 * Bundles what pages load, as a bundler would.
 * @param {string} root - Built.
 * @returns {Promise<readonly BundleSize[]>}
 */
export async function bundleSizes(root) {
  const dist = join(root, "packages", "client-sdk", "dist");
  const app = await bundle({ input: join(dist, "client.js"), output: OUTPUT });
  return [
    sizeOf("what a page loads at once", loadedAtOnce(app), 60),
    sizeOf(
      "the Worker, with cryptography and the fused trainer",
      // It is bundled here, and not by the app.
      await bundle({
        input: join(dist, "worker", "worker-script.js"),
        output: ONE_FILE,
        resolve: { ...FOR_BROWSERS.resolve, alias: UNUSED },
      }),
      180,
    ),
    sizeOf(
      "the same in a page without a Worker",
      await bundle({
        input: join(dist, "client.js"),
        output: ONE_FILE,
        external: [...FOR_BROWSERS.external, ...RARE],
      }),
      180,
    ),
  ];
}

const OUTPUT = { format: "es", minify: true };
const ONE_FILE = { ...OUTPUT, codeSplitting: false };

/**
 * @param {object} options
 * @returns {Promise<readonly Chunk[]>}
 */
async function bundle(options) {
  const { output } = await build({ ...FOR_BROWSERS, ...options, write: false });
  return output.filter(({ code }) => code !== undefined);
}

/**
 * @param {readonly Chunk[]} chunks
 * @returns {readonly Chunk[]} The entry, and what it imports other than by `import()`.
 */
function loadedAtOnce(chunks) {
  /** @type {Set<Chunk>} */
  const loaded = new Set();
  const load = (/** @type {Chunk | undefined} */ chunk) => {
    if (chunk === undefined || loaded.has(chunk)) return;
    loaded.add(chunk);
    for (const name of chunk.imports) load(chunks.find(({ fileName }) => fileName === name));
  };
  load(chunks.find(({ isEntry }) => isEntry));
  return [...loaded];
}

/**
 * @param {string} name
 * @param {readonly Chunk[]} chunks
 * @param {number} budgetKb
 * @returns {BundleSize}
 */
function sizeOf(name, chunks, budgetKb) {
  const files = chunks.map(({ code }) => Buffer.from(code));
  return {
    name,
    bytes: files.reduce((sum, { length }) => sum + length, 0),
    gzipBytes: files.reduce((sum, file) => sum + gzipSync(file, { level: 9 }).length, 0),
    budgetKb,
  };
}

/**
 * @param {BundleSize} size
 * @returns {boolean}
 */
export function isWithinBudget({ gzipBytes, budgetKb }) {
  return gzipBytes <= budgetKb * 1_000;
}

/**
 * @param {readonly BundleSize[]} sizes
 * @returns {string} A table for people to read, kB of 1,000 bytes.
 */
export function sizeTable(sizes) {
  const kb = (/** @type {number} */ bytes) => (bytes / 1_000).toFixed(1);
  const rows = [
    ["bundle", "minified", "gzip", "budget", ""],
    ...sizes.map((size) => [
      ...[size.name, kb(size.bytes), kb(size.gzipBytes), kb(size.budgetKb * 1_000)],
      isWithinBudget(size) ? "passes" : "OVER ITS BUDGET",
    ]),
  ];
  const widths = [0, 1, 2, 3].map((column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const lines = rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
  return `${lines.join("\n")}\n`;
}
