import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { runCommand, runNpm } from "./run-command.mjs";
import { SetupError } from "./setup-error.mjs";
import { pinnedPackageManager } from "./versions.mjs";

/** @typedef {import("./published-packages.mjs").PublishedPackage} PublishedPackage */

/**
 * @typedef {object} Tarball
 * @property {string} name - Of the package.
 * @property {string} path
 * @property {readonly string[]} files - Relative to the package's folder.
 */

const CHECK_LIMIT_MS = 2 * 60_000;

/**
 * Deletes what the compiler made from sources that are no longer there: it leaves such files in `dist`,
 * and they would be packed.
 * @param {readonly PublishedPackage[]} packages
 */
export function deleteLeftOvers(packages) {
  for (const { folder } of packages) {
    for (const file of readdirSync(join(folder, "dist"), { recursive: true }).map(String)) {
      if (isBundled(`dist/${file}`)) continue;
      const [, source] = /^(.*)\.(?:d\.ts|js)(?:\.map)?$/.exec(file) ?? [];
      if (source === undefined || existsSync(join(folder, "src", `${source}.ts`))) continue;
      rmSync(join(folder, "dist", file));
    }
  }
}

/**
 * Whether `bundle-browser.mjs` has made a file of `dist`, of many sources.
 * @param {string} file - Relative to the package's folder.
 */
const isBundled = (file) => file.startsWith("dist/browser/");

/**
 * Packs every published package, as `pnpm publish` would. Nothing is sent anywhere.
 * @param {string} root
 * @param {readonly PublishedPackage[]} packages - Built.
 * @param {string} folder - Where the tarballs go; exists.
 * @returns {Promise<readonly Tarball[]>}
 * @throws {SetupError}
 */
export async function packPackages(root, packages, folder) {
  const filters = packages.map(({ name }) => `--filter=${name}`);
  const pnpm = pinnedPackageManager();
  const { code, output } = await runNpm(
    [
      ...["exec", "--yes", `--package=${pnpm}`, "--", "pnpm", "--recursive", ...filters],
      ...["pack", "--json", `--pack-destination=${folder}`],
    ],
    { cwd: root, env: { pnpm_config_pm_on_fail: "ignore" } },
  );
  const start = output.indexOf("[\n");
  if (code !== 0 || start === -1) {
    throw new SetupError("The packages cannot be packed.", "The output above says why.", output);
  }
  /** @type {{ name: string, filename: string, files: { path: string }[] }[]} */
  const packed = JSON.parse(output.slice(start, output.lastIndexOf("]") + 1));
  return packed.map(({ name, filename, files }) => ({
    name,
    path: filename,
    files: files.map(({ path }) => path),
  }));
}

/**
 * Looks at what is in the tarballs, and has publint and "Are the types wrong?" look at them too.
 * @param {string} root
 * @param {readonly PublishedPackage[]} packages
 * @param {readonly Tarball[]} tarballs
 * @returns {Promise<readonly string[]>} One text for each fault.
 */
export async function faultsOfTarballs(root, packages, tarballs) {
  const faults = await Promise.all(
    packages.map(async ({ name, folder }) => {
      const tarball = tarballs.find((each) => each.name === name);
      if (tarball === undefined) return [`${name}: was not packed`];
      return [
        ...faultsOfFiles(tarball.files, folder).map((fault) => `${name}: ${fault}`),
        ...(await faultsOfManifest(tarball)),
        ...(await faultsFoundBy(root, ["publint", "src", "cli.js"], tarball, ["--strict"])),
        ...(await faultsFoundBy(root, ["@arethetypeswrong", "cli", "dist", "index.js"], tarball, [
          ...["--profile", "esm-only", "--no-emoji", "--no-color"],
        ])),
      ];
    }),
  );
  return faults.flat();
}

/**
 * @param {readonly string[]} files - Of the tarball.
 * @param {string} folder - Of the package.
 * @returns {string[]}
 */
export function faultsOfFiles(files, folder) {
  const missing = ["package.json", "README.md", "LICENSE"].filter((name) => !files.includes(name));
  const leftOver = files
    .filter((file) => /^dist\/.*\.js$/.test(file) && !isBundled(file))
    .filter((file) => !existsSync(join(folder, file.replace(/^dist/, "src").replace(/js$/, "ts"))));
  return [
    ...missing.map((name) => `${name} is missing`),
    ...leftOver.map((file) => `${file} has no source any more: delete dist and build again`),
    ...files.filter((file) => file.includes(".tsbuildinfo")).map((file) => `${file} is not wanted`),
  ];
}

/**
 * @param {Tarball} tarball
 * @returns {Promise<string[]>}
 */
async function faultsOfManifest({ name, path }) {
  const { output } = await runCommand("tar", ["-xzOf", path, "package/package.json"]);
  return ["@tributary/source", "workspace:", "catalog:"]
    .filter((word) => output.includes(word))
    .map((word) => `${name}: ${word} is in the packed package.json`);
}

/**
 * @param {string} root
 * @param {readonly string[]} script - Of the tool, inside infra/node_modules.
 * @param {Tarball} tarball
 * @param {readonly string[]} options
 * @returns {Promise<string[]>}
 */
async function faultsFoundBy(root, script, { path }, options) {
  const tool = join(root, "infra", "node_modules", ...script);
  const { code, output } = await runCommand(process.execPath, [tool, path, ...options], {
    timeLimitMs: CHECK_LIMIT_MS,
  });
  return code === 0 ? [] : [output.trim()];
}
