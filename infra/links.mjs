import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";

const SKIPPED_FOLDERS = new Set(["node_modules", "dist", ".git", ".cache", ".tributary"]);

/**
 * Looks up every relative link and picture of the project's Markdown files, with the heading it names.
 * @param {string} root
 * @returns {string[]} One line for each that leads nowhere.
 */
export function findBrokenLinks(root) {
  return markdownFiles(root).flatMap((path) =>
    linksOf(readFileSync(path, "utf8")).flatMap(({ target, line }) => {
      if (/^([a-z][a-z0-9+.-]*:|\/\/)/i.test(target)) return [];
      const [file = "", heading] = decodeURI(target).split("#", 2);
      const place = file === "" ? path : join(dirname(path), file);
      const where = `${relative(root, path)}:${line}: ${target}`;
      if (!existsSync(place)) return [`${where} does not exist`];
      if (heading === undefined || !place.endsWith(".md") || !statSync(place).isFile()) return [];
      return headingsOf(readFileSync(place, "utf8")).has(heading)
        ? []
        : [`${where} names no heading`];
    }),
  );
}

/**
 * @param {string} folder
 * @returns {string[]}
 */
function markdownFiles(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory())
      return SKIPPED_FOLDERS.has(entry.name) ? [] : markdownFiles(join(folder, entry.name));
    return entry.name.endsWith(".md") ? [join(folder, entry.name)] : [];
  });
}

/**
 * @param {string} text
 * @returns {{ target: string, line: number }[]}
 */
function linksOf(text) {
  return withoutCode(text)
    .split("\n")
    .flatMap((line, index) =>
      [...line.matchAll(/\]\(\s*<?([^()\s<>]+)>?[^()]*\)/g)].map((match) => ({
        target: match[1] ?? "",
        line: index + 1,
      })),
    );
}

/**
 * @param {string} text
 * @returns {ReadonlySet<string>} The anchors that GitHub gives the headings.
 */
function headingsOf(text) {
  const anchors = new Set();
  for (const [, title = ""] of withoutCode(text, false).matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const anchor = title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replace(/\s/g, "-");
    let unique = anchor;
    for (let n = 1; anchors.has(unique); n++) unique = `${anchor}-${n}`;
    anchors.add(unique);
  }
  return anchors;
}

/**
 * Replaces code by spaces, because what looks like a link in code is none. The number of lines stays
 * the same.
 */
function withoutCode(/** @type {string} */ text, inlineToo = true) {
  const blank = (/** @type {string} */ code) => code.replace(/[^\n]/g, " ");
  const fencesGone = text.replace(/^(```|~~~)[\s\S]*?^\1/gm, blank);
  return inlineToo ? fencesGone.replace(/`[^`\n]+`/g, blank) : fencesGone;
}
