// Packages from npm that only a check needs: they lie outside of the workspace, whose install never
// fetches them.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import { explainInstallFailure } from "./install-failure.mjs";
import { runNpm } from "./run-command.mjs";
import { SetupError } from "./setup-error.mjs";

/**
 * @typedef {object} Pinned
 * @property {string} name - Of the folder in `infra` that pins the packages, with the hashes of all that
 *   comes with them.
 * @property {string} title
 * @property {(modules: string) => void} [trim] - Removes from the folder `node_modules` what no check needs.
 */

/**
 * Says where pinned packages are. With NODE_PATH set to this folder, Node finds them.
 * @param {string} root
 * @param {string} name
 */
export function pinnedModules(root, name) {
  return join(root, ".cache", name, "node_modules");
}

/**
 * Fetches packages from npm, unless the pinned versions are there. No install script runs.
 * @param {string} root
 * @param {Pinned} pinned
 * @returns {Promise<void>}
 * @throws {SetupError}
 */
export async function ensurePinned(root, { name, title, trim = () => {} }) {
  const pins = join(root, "infra", name);
  const home = join(root, ".cache", name);
  if (isSame(join(home, "package-lock.json"), join(pins, "package-lock.json"))) return;
  mkdirSync(join(root, ".cache"), { recursive: true });
  const draft = mkdtempSync(join(root, ".cache", `${name}-draft-`));
  try {
    cpSync(pins, draft, { recursive: true });
    const { code, output } = await runNpm(["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
      cwd: draft,
    });
    if (code !== 0) {
      const { cause, remedy } = explainInstallFailure("npm", output);
      throw new SetupError(
        `${title} for the tests could not be installed. ${cause}`,
        remedy,
        output,
      );
    }
    trim(join(draft, "node_modules"));
    rmSync(home, { recursive: true, force: true });
    renameSync(draft, home);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** @param {string} one @param {string} other */
const isSame = (one, other) =>
  existsSync(one) && readFileSync(one, "utf8") === readFileSync(other, "utf8");
