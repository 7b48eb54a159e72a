import { posix } from "node:path";
import { PACKAGES } from "../../infra/layers.mjs";

/** A file that is written for the linter, and what the linter must say about each of its lines. */
export interface Probe {
  /** Completes "the linter ...". */
  readonly title: string;
  /** From the top of the repository. */
  readonly path: string;
  /** What no message about a line may be when the line is allowed. */
  readonly about: RegExp;
  readonly lines: readonly Line[];
}

interface Line {
  readonly code: string;
  /** What the message about this line must be; `undefined` for a line that is allowed. */
  readonly fault: RegExp | undefined;
}

type Package = (typeof PACKAGES)[string];

/** Every line of infra/layers.mjs as probes: what it forbids is broken, what it allows is done. */
export function layerProbes(): readonly Probe[] {
  return Object.entries(PACKAGES).flatMap(([root, rules]) => [
    ...packageProbes(root, rules),
    ...folderProbes(root, rules),
    ...reservedProbes(root, rules),
  ]);
}

/** The packages that a package may import, in its sources and in its tests. */
function packageProbes(root: string, { imports }: Package): readonly Probe[] {
  const own = posix.basename(root);
  const others = Object.keys(PACKAGES).filter((other) => /^packages\/|^bench$/.test(other));
  const about = /must not import @tributary\/|its own package/;
  return ["src/packages.ts", "test/packages.test.ts"].map((path) => ({
    title: `lets ${root}/${posix.dirname(path)} import these packages only: ${imports.join(", ") || "none"}`,
    path: `${root}/${path}`,
    about,
    lines: others.map((other) => {
      const name = posix.basename(other);
      const isOwnTest = name === own && path.startsWith("test/");
      return {
        code: importOf(`@tributary/${name}`),
        fault: imports.includes(name) || isOwnTest ? undefined : about,
      };
    }),
  }));
}

/** The order of the folders. */
function folderProbes(root: string, { layers }: Package): readonly Probe[] {
  if (layers === undefined) return [];
  const entries = layers.flatMap((layer, height) =>
    (typeof layer === "string" ? [layer] : layer).map((name) => ({ name, height })),
  );
  const top = { name: "top.ts", height: layers.length };
  // The linter does not read generated files, which import nothing.
  const written = entries.filter(({ name }) => !name.endsWith(".generated.ts"));
  return [...written, top].map(({ name, height }) => {
    const path = fileIn(name, "layers.ts");
    return {
      title: `lets ${root}/src/${name} import what stands below it, and nothing else`,
      path: `${root}/src/${path}`,
      about: /stands below|do not know each other/,
      lines: [...entries, top]
        .filter((other) => other.name !== name)
        .map((other) => ({
          code: importOf(relativePath(path, fileIn(other.name, "any.ts"))),
          fault:
            other.height < height ? undefined : /stands below|do not know each other|may use it/,
        })),
    };
  });
}

/** What only some files may use: in every folder, in every file that an entry names, and on top. */
function reservedProbes(root: string, { layers = [], reserved = [] }: Package): readonly Probe[] {
  const named = [
    ...layers.flat().filter((entry) => !entry.endsWith(".ts")),
    ...reserved.flatMap(({ to }) => to),
  ];
  const places = new Set(["any-root-file.ts", ...named.map(withoutStars)]);
  return [...places].map((place) => {
    const path = fileIn(place, "reserved.ts");
    return {
      title: `lets ${root}/src/${place} use what is reserved for it, and nothing that is reserved for others`,
      path: `${root}/src/${path}`,
      about: /may use it/,
      lines: reserved.flatMap((entry) => {
        const isAllowed = entry.to.some((user) => isWithin(path, user));
        const fault = isAllowed ? undefined : new RegExp(escape(entry.instead));
        return usesOf(path, entry).map((code) => ({ code, fault }));
      }),
    };
  });
}

const isWithin = (path: string, entry: string): boolean =>
  path === entry ||
  posix.dirname(path) === withoutStars(entry) ||
  (entry.endsWith("/**") && path.startsWith(`${withoutStars(entry)}/`));

/** One line of code for each thing that is reserved. */
function usesOf(
  path: string,
  {
    modules = [],
    globals = [],
  }: Pick<NonNullable<Package["reserved"]>[number], "modules" | "globals">,
): readonly string[] {
  return [
    ...modules.flatMap((module) => {
      if (module === "node:*") return [importOf("node:fs"), importOf("path")];
      if (!module.startsWith("./")) return [importOf(module), importOf(`${module}/part`)];
      return [importOf(relativePath(path, fileIn(module.slice(2), "any.ts")))];
    }),
    ...globals.map((name) => `void ${name};`),
  ];
}

export const importOf = (specifier: string): string => `import ${JSON.stringify(specifier)};`;

/** A file of an entry of the list: the entry itself, or one in the folder that it names. */
function fileIn(entry: string, name: string): string {
  return entry.endsWith(".ts") ? entry : posix.join(withoutStars(entry), name);
}

function relativePath(from: string, to: string): string {
  const path = posix.relative(posix.dirname(from), to);
  return path.startsWith(".") ? path : `./${path}`;
}

/** The folder of an entry such as `testing/**`. */
export const withoutStars = (entry: string): string => entry.replace(/\/\*\*$/, "");

/** A text as a regular expression that matches it. */
const escape = (text: string): string => text.replace(/[^\w\s]/g, "\\$&");
