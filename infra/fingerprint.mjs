import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";

/**
 * Hashes the names and the contents of files, to tell whether a step has to run again. The times of
 * files cannot tell that, since a fresh checkout sets them all.
 * @param {string} root - The names are taken relative to it.
 * @param {readonly string[]} paths - Files or folders; folders count with all that they hold. Missing ones are skipped.
 * @param {readonly string[]} [facts] - Anything else that the step depends on, such as the version of Node.
 * @returns {string}
 */
export function fingerprint(root, paths, facts = []) {
  const hash = createHash("sha256").update(JSON.stringify(facts));
  for (const path of paths.flatMap(filesUnder).sort()) {
    const contents = readFileSync(path);
    const name = relative(root, path).split(sep).join("/");
    hash.update(`\0${name}\0${contents.length}\0`).update(contents);
  }
  return hash.digest("hex");
}

/**
 * @param {string} path
 * @returns {string[]}
 */
function filesUnder(path) {
  try {
    return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
      const below = join(path, entry.name);
      return entry.isDirectory() ? filesUnder(below) : entry.isFile() ? [below] : [];
    });
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      if (error.code === "ENOTDIR") return [path];
      if (error.code === "ENOENT") return [];
    }
    throw error;
  }
}
