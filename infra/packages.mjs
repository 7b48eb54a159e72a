import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fingerprint } from "./fingerprint.mjs";
import { explainInstallFailure } from "./install-failure.mjs";
import { runNpm } from "./run-command.mjs";
import { SetupError } from "./setup-error.mjs";
import { pinnedPackageManager } from "./versions.mjs";

const PAUSES_BEFORE_ATTEMPTS_MS = [0, 2_000, 10_000];

/**
 * @param {string} root
 * @returns {string} Changes when the installed packages may have to.
 */
export function packagesFingerprint(root) {
  const files = ["package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml"].map((name) =>
    join(root, name),
  );
  // Native add-ons are built for one platform and for one major version of Node.
  const facts = [process.platform, process.arch, process.version.split(".", 1)[0] ?? ""];
  return fingerprint(root, [...files, ...workspaceManifests(root)], facts);
}

/**
 * @param {string} root
 * @returns {string[]} The package.json of each package that pnpm-workspace.yaml lists.
 */
function workspaceManifests(root) {
  const workspace = readFileSync(join(root, "pnpm-workspace.yaml"), "utf8");
  const list = /^packages:\n((?: +- .+\n)+)/m.exec(workspace)?.[1] ?? "";
  return [...list.matchAll(/- (.+)/g)].flatMap(([, pattern = ""]) => {
    if (!pattern.endsWith("/*")) return [join(root, pattern, "package.json")];
    const folder = join(root, pattern.slice(0, -2));
    const names = existsSync(folder) ? readdirSync(folder) : [];
    return names.map((name) => join(folder, name, "package.json"));
  });
}

/** @param {string} root */
export function arePackagesPresent(root) {
  return existsSync(join(root, "node_modules", ".modules.yaml"));
}

/**
 * Installs what pnpm-lock.yaml lists, with the pinned pnpm. npm fetches that pnpm if it is missing.
 * @param {string} root
 * @returns {Promise<void>}
 * @throws {SetupError}
 */
export async function installPackages(root) {
  const pnpm = pinnedPackageManager();
  let result = { code: 1, output: "" };
  for (const pauseMs of PAUSES_BEFORE_ATTEMPTS_MS) {
    await wait(pauseMs);
    result = await runNpm(
      ["exec", "--yes", `--package=${pnpm}`, "--", "pnpm", "install", "--frozen-lockfile"],
      {
        cwd: root,
        env: {
          CI: "true", // asks nothing
          pnpm_config_fetch_retries: "2",
          pnpm_config_fetch_retry_mintimeout: "1000",
          pnpm_config_fetch_retry_maxtimeout: "5000",
          pnpm_config_pm_on_fail: "ignore", // as in pnpm-workspace.yaml, which it reads only after this matters
        },
      },
    );
    if (result.code === 0) return;
    if (!explainInstallFailure(pnpm, result.output).transient) break;
  }
  if (result.code === 127) {
    throw new SetupError(
      "npm is not on the path.",
      "Install Node together with npm: https://nodejs.org.",
    );
  }
  const { cause, remedy } = explainInstallFailure(pnpm, result.output);
  throw new SetupError(cause, remedy, lastLines(result.output));
}

/** @param {string} output */
function lastLines(output) {
  return output.trimEnd().split("\n").slice(-30).join("\n");
}
