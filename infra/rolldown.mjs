// The bundler of the workspace, and how it bundles the client SDK for browsers.
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

/**
 * @typedef {object} Chunk
 * @property {string} fileName
 * @property {boolean} isEntry
 * @property {string} code
 * @property {readonly string[]} imports - File names of chunks, and names of what is not bundled.
 */

// Vite brings Rolldown. Vite itself would move the Worker's file elsewhere.
const vite = createRequire(import.meta.url).resolve("vite/package.json");
const rolldown = createRequire(vite).resolve("rolldown");
/** @type {{ build(options: object): Promise<{ output: readonly Chunk[] }> }} */
export const { build } = await import(pathToFileURL(rolldown).href);

/**
 * In place of what a whole bundle needs nothing of; not for measuring what apps bundle themselves.
 * @type {Readonly<Record<string, string>>}
 */
export const UNUSED = { long: fileURLToPath(new URL("no-long.mjs", import.meta.url)) };

/** Options for what browsers run. tfjs and tokenizers are loaded by name when a plan needs them. */
export const FOR_BROWSERS = {
  platform: "browser",
  resolve: { conditionNames: ["browser", "import", "default"] },
  external: [/^@tensorflow\//, /^gpt-tokenizer/],
  logLevel: "warn",
  transform: { define: { "process.env.NODE_ENV": '"production"' } },
};
