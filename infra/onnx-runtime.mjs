import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import { explainInstallFailure } from "./install-failure.mjs";
import { runNpm } from "./run-command.mjs";
import { SetupError } from "./setup-error.mjs";

/** The folder that pins the package, and the hashes of all that comes with it. */
const PINS = "infra/onnxruntime";

/**
 * Says where ONNX Runtime is for the tests of the native engine: outside of the workspace, whose install
 * never fetches it. With NODE_PATH set to this folder, Node finds it.
 * @param {string} root
 */
export function onnxRuntimeModules(root) {
  return join(root, ".cache", "onnxruntime", "node_modules");
}

/** @param {string} root */
function isPresent(root) {
  const lock = join(onnxRuntimeModules(root), "..", "package-lock.json");
  return (
    existsSync(lock) &&
    readFileSync(lock, "utf8") === readFileSync(join(root, PINS, "package-lock.json"), "utf8")
  );
}

/**
 * Fetches ONNX Runtime from npm, unless the pinned version is there. No install script runs, and the
 * libraries for other platforms, 240 MB, are removed.
 * @param {string} root
 * @returns {Promise<void>}
 * @throws {SetupError}
 */
export async function ensureOnnxRuntime(root) {
  if (isPresent(root)) return;
  const home = join(root, ".cache", "onnxruntime");
  mkdirSync(join(root, ".cache"), { recursive: true });
  const draft = mkdtempSync(join(root, ".cache", "onnxruntime-draft-"));
  try {
    cpSync(join(root, PINS), draft, { recursive: true });
    const { code, output } = await runNpm(["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
      cwd: draft,
    });
    if (code !== 0) {
      const { cause, remedy } = explainInstallFailure("npm", output);
      throw new SetupError(
        `ONNX Runtime for the tests could not be installed. ${cause}`,
        remedy,
        output,
      );
    }
    removeOtherPlatforms(join(draft, "node_modules", "onnxruntime-node", "bin", "napi-v6"));
    rmSync(home, { recursive: true, force: true });
    renameSync(draft, home);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** @param {string} libraries - A folder for each platform, with one for each kind of processor. */
function removeOtherPlatforms(libraries) {
  for (const platform of readdirSync(libraries)) {
    for (const arch of readdirSync(join(libraries, platform))) {
      if (platform === process.platform && arch === process.arch) continue;
      rmSync(join(libraries, platform, arch), { recursive: true });
    }
  }
}
