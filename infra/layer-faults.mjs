// What the list in layers.mjs has against an import, a global name or a folder. Every answer is one
// sentence on what is wrong and one on what to do instead.
import { isBuiltin } from "node:module";
import { posix } from "node:path";
import { PACKAGES } from "./layers.mjs";

/** @typedef {import("./layers.mjs").Package} Package */
/** @typedef {import("./layers.mjs").Layer} Layer */

/**
 * Where a file stands.
 * @typedef {object} Place
 * @property {string} root - The folder of its package, such as `packages/core`.
 * @property {Package} rules
 * @property {string | undefined} path - Within `src`; `undefined` for tests and for scripts, which
 *   stand outside the layers.
 */

const DEEP =
  "Import a package by what its `exports` names, such as @tributary/protocol: its files may move.";

/**
 * What is wrong with an import.
 * @param {string} file - The importing file, from the top of the repository, with `/`.
 * @param {string} specifier - What it imports.
 * @returns {string | undefined} `undefined` if the layers allow the import.
 */
export function importFault(file, specifier) {
  const place = placeOf(file);
  const [, name, subpath = ""] = /^@tributary\/([^/]+)(\/.*)?$/.exec(specifier) ?? [];
  if (name !== undefined) {
    if (/^\/(src|dist)(\/|$)/.test(subpath)) return DEEP;
    return place && (packageFault(place, name) ?? moduleFault(place, specifier));
  }
  if (specifier.startsWith(".")) {
    return fileFault(place, posix.join(posix.dirname(file), specifier));
  }
  if (specifier.startsWith("#")) {
    // Such as `#platform`: package.json says which file of platform/ it is.
    return place && fileFault(place, `${place.root}/src/${specifier.slice(1)}/`);
  }
  return place && moduleFault(place, specifier);
}

/** @param {Place} place @param {string} specifier */
const moduleFault = (place, specifier) =>
  reservedFault(place, "modules", specifier, (entry) => isPartOf(entry, specifier));

/**
 * What is wrong with the use of a global name.
 * @param {string} file - From the top of the repository, with `/`.
 * @param {string} name - Such as `Date`, or `Date.now`.
 * @returns {string | undefined} `undefined` if the file may use it.
 */
export function globalFault(file, name) {
  const place = placeOf(file);
  return place && reservedFault(place, "globals", name, (global) => global === name);
}

/**
 * What is wrong with where a file lies.
 * @param {string} file - From the top of the repository, with `/`.
 * @returns {string | undefined} `undefined` if the list names its package and its folder.
 */
export function folderFault(file) {
  const place = placeOf(file);
  if (place === undefined) {
    return file.startsWith("packages/")
      ? "infra/layers.mjs does not name this file's package. Add it, and the packages that it imports."
      : undefined;
  }
  const { root, rules, path } = place;
  if (path === undefined || rules.layers === undefined || !path.includes("/")) return undefined;
  if (heightOf(rules.layers, path) !== undefined) return undefined;
  const folder = posix.dirname(path);
  return `infra/layers.mjs does not name ${folder}. Add it to the layers of ${root}, above every folder that it imports.`;
}

/**
 * @param {string} file
 * @returns {Place | undefined} `undefined` for files outside packages.
 */
function placeOf(file) {
  const found = Object.entries(PACKAGES).find(([root]) => file.startsWith(`${root}/`));
  if (found === undefined) return undefined;
  const [root, rules] = found;
  const isLayered = file.startsWith(`${root}/src/`) && !file.endsWith(".mjs");
  return { root, rules, path: isLayered ? file.slice(`${root}/src/`.length) : undefined };
}

/**
 * @param {Place} place
 * @param {string} name - Of a package of this project, without `@tributary/`.
 */
function packageFault({ root, rules, path }, name) {
  const isItself = name === posix.basename(root);
  if (rules.imports.includes(name) || (isItself && path === undefined)) return undefined;
  if (isItself) return `A file of ${root} imports its own package. Import the file that has it.`;
  const allowed = rules.imports.map((other) => `@tributary/${other}`).join(", ");
  return allowed === ""
    ? `${root} must not import @tributary/${name}: all other packages build on it.`
    : `${root} must not import @tributary/${name}. Of this project's packages it imports only ${allowed}: what it needs belongs there.`;
}

/**
 * @param {Place | undefined} place
 * @param {string} target - The imported file, from the top of the repository.
 */
function fileFault(place, target) {
  const [root = ""] = /^(packages\/[^/]+|bench)\/(?=(src|dist)\/)/.exec(target) ?? [];
  if (root !== "" && root !== `${place?.root}/`) return DEEP;
  const sources = `${place?.root}/src/`;
  if (place?.path === undefined || !target.startsWith(sources)) return undefined;
  const path = target.slice(sources.length);
  return (
    reservedFault(
      place,
      "modules",
      `src/${path}`,
      (entry) => entry.startsWith("./") && covers(entry.slice(2), path),
    ) ?? layerFault(place, place.path, path)
  );
}

/**
 * @param {Place} place
 * @param {string} from - The importing file, within `src`.
 * @param {string} to - The imported file, within `src`.
 */
function layerFault({ rules }, from, to) {
  if (rules.layers === undefined) return undefined;
  const [lower, upper] = [heightOf(rules.layers, from), heightOf(rules.layers, to)];
  // Files that lie in `src` itself stand on top, beside each other.
  if (lower === undefined || lower.entry === upper?.entry) return undefined;
  if (upper !== undefined && upper.height < lower.height) return undefined;
  if (upper?.height === lower.height) {
    return `${lower.entry} and ${upper.entry} do not know each other. Let a file above both put them together.`;
  }
  return `${lower.entry} stands below ${upper?.entry ?? to} and must not import it. Take what is needed as an argument, or move what both use to a folder below.`;
}

/**
 * @param {Place} place
 * @param {"modules" | "globals"} kind
 * @param {string} name - As a message calls it.
 * @param {(entry: string) => boolean} matches
 */
function reservedFault({ root, rules, path }, kind, name, matches) {
  if (path === undefined) return undefined;
  const broken = rules.reserved?.find(
    (reserved) =>
      reserved[kind]?.some(matches) === true && !reserved.to.some((entry) => covers(entry, path)),
  );
  if (broken === undefined) return undefined;
  const users = broken.to.length === 0 ? `no file of ${root}` : `only ${broken.to.join(", ")}`;
  return `${name}: ${users} may use it. ${broken.instead}`;
}

/**
 * @param {string} entry - Of `modules`: a module's name, or `node:*`.
 * @param {string} specifier
 */
function isPartOf(entry, specifier) {
  if (entry === "node:*") return isBuiltin(specifier);
  return specifier === entry || specifier.startsWith(`${entry}/`);
}

/**
 * Where a path stands in the layers: at the entry that names the file, or else at its folder's.
 * @param {readonly Layer[]} layers
 * @param {string} path
 * @returns {{ readonly entry: string, readonly height: number } | undefined}
 */
function heightOf(layers, path) {
  const places = layers.flatMap((layer, height) =>
    [layer].flat().map((entry) => ({ entry, height })),
  );
  return (
    places.find(({ entry }) => entry === path) ?? places.find(({ entry }) => covers(entry, path))
  );
}

/**
 * @param {string} entry - A file, a folder, or a folder with all below it, which ends in `/**`.
 * @param {string} path
 */
function covers(entry, path) {
  if (entry.endsWith("/**")) return path.startsWith(entry.slice(0, -2));
  return path === entry || posix.dirname(path) === entry;
}
