// The versions that set-up and tests depend on and that no lock file pins. Raise them here and nowhere
// else.
import { readFileSync } from "node:fs";

/**
 * The Node of the current long-term-support line, on which the unit tests run a second time. Node 26
 * entered long-term support in October 2026 (https://github.com/nodejs/release). The builds on npm come
 * a little later than the releases.
 */
export const LTS_NODE = "26.10.0";

/** @returns {string} The pnpm that package.json pins, such as `pnpm@12.21.0`. */
export function pinnedPackageManager() {
  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  return manifest.packageManager;
}
