import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ensurePinned, pinnedModules } from "./pinned-packages.mjs";

const NAME = "onnxruntime";

/**
 * Says where ONNX Runtime is for the tests of the native engine. With NODE_PATH set to this folder, Node
 * finds it.
 * @param {string} root
 */
export function onnxRuntimeModules(root) {
  return pinnedModules(root, NAME);
}

/**
 * Fetches ONNX Runtime, unless it is there. The libraries for other platforms, 240 MB, are removed.
 * @param {string} root
 * @returns {Promise<void>}
 * @throws {import("./setup-error.mjs").SetupError}
 */
export function ensureOnnxRuntime(root) {
  return ensurePinned(root, { name: NAME, title: "ONNX Runtime", trim: removeOtherPlatforms });
}

/** @param {string} modules */
function removeOtherPlatforms(modules) {
  // A folder for each platform, with one for each kind of processor.
  const libraries = join(modules, "onnxruntime-node", "bin", "napi-v6");
  for (const platform of readdirSync(libraries)) {
    for (const arch of readdirSync(join(libraries, platform))) {
      if (platform === process.platform && arch === process.arch) continue;
      rmSync(join(libraries, platform, arch), { recursive: true });
    }
  }
}
