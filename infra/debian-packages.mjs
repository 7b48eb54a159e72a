import { existsSync } from "node:fs";
import { explainInstallFailure } from "./install-failure.mjs";
import { runCommand } from "./run-command.mjs";
import { SetupError } from "./setup-error.mjs";

const APT_GET = "/usr/bin/apt-get";

/**
 * @returns {Promise<readonly string[] | undefined>} What to put before a command so that root runs it without a
 * password, or undefined where that or apt-get is not to be had.
 */
async function rootPrefix() {
  if (process.platform !== "linux" || !existsSync(APT_GET)) return undefined;
  if (process.getuid?.() === 0) return [];
  const { code } = await runCommand("sudo", ["-n", "true"]);
  return code === 0 ? ["sudo", "-n"] : undefined;
}

/** @returns {Promise<boolean>} Whether `installDebianPackages` can work here. */
export async function canInstallDebianPackages() {
  return (await rootPrefix()) !== undefined;
}

/**
 * @param {readonly string[]} names
 * @returns {Promise<void>}
 * @throws {SetupError}
 */
export async function installDebianPackages(names) {
  const prefix = (await rootPrefix()) ?? [];
  const [program, ...before] = [...prefix, "env", "DEBIAN_FRONTEND=noninteractive", APT_GET];
  const aptGet = (/** @type {string[]} */ ...args) =>
    runCommand(program, [
      ...before,
      "-o",
      "Acquire::Retries=3",
      "-o",
      "DPkg::Lock::Timeout=120",
      ...args,
    ]);

  const install = ["install", "--yes", "--no-install-recommends", ...names];
  // The mirror deletes files that an old list of packages names, so the list is refreshed first.
  const update = await aptGet("update");
  const { code, output } = await aptGet(...install);
  if (code !== 0) {
    const { cause } = explainInstallFailure("apt-get", output);
    throw new SetupError(
      `apt-get could not install ${names.join(" and ")}. ${cause}`,
      `Install by hand and run the command again: sudo apt-get update && sudo apt-get install ${names.join(" ")}`,
      update.code === 0 ? output : `${update.output}\n${output}`,
    );
  }
}
