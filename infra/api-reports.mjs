// An API report lists every exported name of one entry point with its type. The reports are
// committed, so that a pull request that changes the public surface shows it in its diff.
import { mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CompilerState, Extractor, ExtractorConfig } from "@microsoft/api-extractor";

/** @typedef {import("./published-packages.mjs").PublishedPackage} PublishedPackage */

const REPORT_ENDING = ".api.md";

/**
 * Writes the report of each entry point, such as `protocol.api.md` and `protocol.testing.api.md`,
 * and deletes the reports that were in the folder before.
 * @param {string} root
 * @param {readonly PublishedPackage[]} packages - Built: the reports are made from `dist`.
 * @param {string} reportFolder
 */
export function writeApiReports(root, packages, reportFolder) {
  mkdirSync(reportFolder, { recursive: true });
  for (const name of reportsIn(reportFolder)) rmSync(join(reportFolder, name));

  const configs = packages.flatMap(({ folder, entryPoints }) =>
    entryPoints.map(({ name, types }) =>
      ExtractorConfig.prepare({
        configObjectFullPath: undefined,
        packageJsonFullPath: join(folder, "package.json"),
        configObject: {
          projectFolder: folder,
          mainEntryPointFilePath: types,
          compiler: { tsconfigFilePath: join(root, "infra", "tsconfig.api.json") },
          apiReport: {
            enabled: true,
            reportFileName: reportName(name),
            reportFolder,
            reportTempFolder: join(root, ".cache", "api-extractor"),
          },
          docModel: { enabled: false },
          dtsRollup: { enabled: false },
          tsdocMetadata: { enabled: false },
          newlineKind: "lf",
        },
      }),
    ),
  );
  const [first] = configs;
  if (first === undefined) return;
  const compilerState = CompilerState.create(first, {
    additionalEntryPoints: configs.map(({ mainEntryPointFilePath }) => mainEntryPointFilePath),
  });
  for (const config of configs) {
    Extractor.invoke(config, {
      compilerState,
      // Writes the report in place of comparing it.
      localBuild: true,
      messageCallback: (message) => {
        // What it thinks of comments and of types that are not exported is not our concern here.
        message.handled = true;
      },
    });
  }
}

/**
 * Compares two folders of reports.
 * @param {string} committed
 * @param {string} fresh
 * @returns {readonly { report: string, difference: "changed" | "new" | "gone" }[]}
 */
export function compareApiReports(committed, fresh) {
  const names = [...new Set([...reportsIn(committed), ...reportsIn(fresh)])].sort();
  return names.flatMap((report) => {
    const before = textOf(join(committed, report));
    const after = textOf(join(fresh, report));
    if (before === after) return [];
    const difference = before === undefined ? "new" : after === undefined ? "gone" : "changed";
    return [{ report, difference }];
  });
}

/**
 * @param {string} entryPoint - Such as `@tributary/protocol/testing`.
 * @returns {string}
 */
function reportName(entryPoint) {
  const [, ...path] = entryPoint.split("/");
  return path.join(".") + REPORT_ENDING;
}

/**
 * @param {string} folder
 * @returns {string[]}
 */
function reportsIn(folder) {
  return readdirSync(folder).filter((name) => name.endsWith(REPORT_ENDING));
}

/**
 * @param {string} path
 * @returns {string | undefined}
 */
function textOf(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
