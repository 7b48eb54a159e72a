// The Python environment in which the peers run.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { PACKAGES } from "./options.mjs";

/** @import { Peer } from "./options.mjs" */

/** A smaller build of PyTorch, without what graphics cards need. It is taken where it can be reached. */
const CPU_WHEELS = "https://download.pytorch.org/whl/cpu";

/**
 * Makes the environment if it is not there.
 * @param {string} python
 * @param {string} folder
 * @returns {string} Its interpreter.
 * @throws Error when Python has no venv.
 */
export function pythonEnvironment(python, folder) {
  const interpreter = join(folder, "bin/python");
  if (existsSync(interpreter)) return interpreter;
  const failure = failureOf(python, ["-m", "venv", folder]);
  if (failure !== undefined) throw new Error(`No Python environment can be made: ${failure}`);
  return interpreter;
}

/**
 * Installs a peer unless it is there.
 * @param {string} interpreter
 * @param {Peer} peer
 * @returns {string | undefined} Why it is missing; undefined when it is there.
 */
export function install(interpreter, peer) {
  // The version that each peer reports is read from the package that has its name.
  if (failureOf(interpreter, ["-c", `import ${peer}`]) === undefined) return undefined;
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
  if (peer === "torch") {
    const quick = ["--retries", "0", "--timeout", "10", "--index-url", CPU_WHEELS];
    if (failureOf(interpreter, [...pip, ...quick, ...PACKAGES.torch]) === undefined)
      return undefined;
  }
  return failureOf(interpreter, [...pip, ...PACKAGES[peer]]);
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @returns {string | undefined} The last line that it wrote before it failed.
 */
function failureOf(command, args) {
  const { status, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
  if (status === 0) return undefined;
  return error?.message ?? lastLine(stderr) ?? `${command} ended with ${status}`;
}

/** @param {string} text */
export const lastLine = (text) => text.trim().split("\n").at(-1);
