import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

/**
 * @typedef {object} EntryPoint - One key of a package's `exports` that a program can import.
 * @property {string} name - What an import says, such as `@tributary/protocol/testing`.
 * @property {string} types - Path of its declarations, which exist once the package is built.
 */

/**
 * @typedef {object} PublishedPackage
 * @property {string} name - Such as `@tributary/protocol`.
 * @property {string} version
 * @property {string} folder - Absolute path.
 * @property {Record<string, unknown>} manifest - Its package.json.
 * @property {readonly EntryPoint[]} entryPoints - In the order of `exports`.
 */

/**
 * Finds the packages of the workspace that are not private.
 * @param {string} root
 * @returns {readonly PublishedPackage[]} In alphabetical order.
 */
export function publishedPackages(root) {
  const packages = join(root, "packages");
  return readdirSync(packages)
    .sort()
    .map((name) => join(packages, name))
    .filter((folder) => existsSync(join(folder, "package.json")))
    .map((folder) => ({
      folder,
      manifest: JSON.parse(readFileSync(join(folder, "package.json"), "utf8")),
    }))
    .filter(({ manifest }) => manifest.private !== true)
    .map(({ folder, manifest }) => ({
      name: manifest.name,
      version: manifest.version,
      folder,
      manifest,
      entryPoints: Object.entries(manifest.exports)
        .filter(([, target]) => typeof target.types === "string")
        .map(([path, target]) => ({
          name: manifest.name + path.slice(1),
          types: join(folder, target.types),
        })),
    }));
}
