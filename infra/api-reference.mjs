import { join } from "node:path";
import { Application, Logger, LogLevel } from "typedoc";

/** @typedef {import("./published-packages.mjs").PublishedPackage} PublishedPackage */

/** Keeps what TypeDoc complains of. */
class Complaints extends Logger {
  /** @type {string[]} */
  list = [];

  /**
   * @override
   * @param {string} message
   * @param {LogLevel} level
   */
  log(message, level) {
    super.log(message, level);
    if (level >= LogLevel.Warn) this.list.push(message.trim());
  }
}

/**
 * Builds the API reference as web pages, from the comments in the packages' declarations.
 * @param {string} root
 * @param {readonly PublishedPackage[]} packages - Built: the pages are made from `dist`.
 * @param {string} out - The folder for the pages; replaced.
 * @returns {Promise<readonly string[]>} The faults found: an exported name without a comment, a
 *   `@link` that leads nowhere, a tag that TypeDoc does not know.
 */
export async function buildApiReference(root, packages, out) {
  const entryPoints = packages.flatMap((each) => each.entryPoints);
  const app = await Application.bootstrap({
    name: "Tributary",
    readme: join(root, "docs", "api", "README.md"),
    entryPoints: entryPoints.map(({ types }) => types),
    tsconfig: join(root, "infra", "tsconfig.api.json"),
    // TypeScript 7 has checked the declarations; TypeDoc brings an older compiler.
    skipErrorChecking: true,
    disableSources: true,
    excludePrivate: true,
    githubPages: false,
    validation: { notDocumented: true, notExported: false, invalidLink: true },
    requiredToBeDocumented: ["Function", "Class", "Interface", "TypeAlias", "Variable"],
    packagesRequiringDocumentation: packages.map(({ name }) => name),
  });
  const complaints = new Complaints();
  app.logger = complaints;

  const documented = app.getEntryPoints() ?? [];
  for (const point of documented) {
    const entryPoint = entryPoints.find(({ types }) => types === point.sourceFile.fileName);
    if (entryPoint !== undefined) point.displayName = entryPoint.name;
  }
  const project = app.converter.convert(documented);
  app.validate(project);
  await app.generateDocs(project, out);
  return complaints.list;
}
