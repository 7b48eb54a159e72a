// Module hooks that let Node 20 run TypeScript: types are taken away, and nothing else is changed.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

// Vite brings Rolldown, which takes types away in a millisecond and is loaded in thirty.
const vite = createRequire(import.meta.url).resolve("vite/package.json");
const rolldown = createRequire(vite).resolve("rolldown/utils");
/**
 * @typedef {{ code: string, errors: readonly { message: string }[] }} Transformed
 * @type {{ transform(path: string, source: string): Promise<Transformed> }}
 */
const { transform } = await import(pathToFileURL(rolldown).href);

/** @type {import("node:module").LoadHook} */
export async function load(url, context, nextLoad) {
  if (!url.startsWith("file:") || !url.endsWith(".ts")) return nextLoad(url, context);
  const path = fileURLToPath(url);
  const { code, errors } = await transform(path, await readFile(path, "utf8"));
  if (errors.length > 0) throw new SyntaxError(`${path}: ${errors[0]?.message}`);
  return { format: "module", source: code, shortCircuit: true };
}
