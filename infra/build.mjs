import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fingerprint } from "./fingerprint.mjs";
import { runCommand } from "./run-command.mjs";
import { SetupError } from "./setup-error.mjs";

/** @param {string} root */
function packageFolders(root) {
  return [...readdirSync(join(root, "packages")).map((name) => join("packages", name)), "bench"]
    .map((name) => join(root, name))
    .filter((folder) => existsSync(join(folder, "tsconfig.json")));
}

/**
 * @param {string} root
 * @returns {string} Changes when the packages have to be compiled again.
 */
export function buildFingerprint(root) {
  return fingerprint(root, [
    join(root, "tsconfig.base.json"),
    join(root, "tsconfig.json"),
    join(root, "pnpm-lock.yaml"),
    join(root, "infra", "bundle-browser.mjs"),
    join(root, "infra", "bundle-join-page.mjs"),
    join(root, "packages", "join-page", "public"),
    ...packageFolders(root).flatMap((folder) => [
      join(folder, "src"),
      ...readdirSync(folder)
        .filter((name) => /^(tsconfig.*|package)\.json$/.test(name))
        .map((name) => join(folder, name)),
    ]),
  ]);
}

/**
 * @param {string} root
 * @returns {boolean} Whether every package has been compiled at some time.
 */
export function isBuildPresent(root) {
  return packageFolders(root).every((folder) => existsSync(join(folder, "dist")));
}

/**
 * Compiles the packages, in the order of their references, without their tests, and makes the files
 * that browsers run as they are.
 * @param {string} root
 * @returns {Promise<void>}
 * @throws {SetupError}
 */
export async function buildPackages(root) {
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  const args = [compiler, "-b", ...packageFolders(root)];
  const { code, output } = await runCommand(process.execPath, args, { cwd: root });
  if (code !== 0) {
    throw new SetupError(
      "The packages do not compile.",
      "The compiler's messages are above; on an unchanged checkout, please report them.",
      output,
    );
  }
  // It needs the bundler, which is not there yet when this file is loaded in a fresh checkout.
  const { bundleForBrowsers } = await import("./bundle-browser.mjs");
  await bundleForBrowsers(root);
  const { bundleJoinPage } = await import("./bundle-join-page.mjs");
  await bundleJoinPage(root);
}
