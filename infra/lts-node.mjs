import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { explainInstallFailure } from "./install-failure.mjs";
import { runCommand, runNpm } from "./run-command.mjs";
import { SetupError } from "./setup-error.mjs";
import { LTS_NODE } from "./versions.mjs";

/**
 * Finds the Node of the current long-term-support line.
 * @param {string} root
 * @returns {string} Its path, whether or not it is there yet.
 */
export function ltsNodePath(root) {
  return join(
    root,
    ".cache",
    `node-${LTS_NODE}`,
    "bin",
    process.platform === "win32" ? "node.exe" : "node",
  );
}

/** @param {string} root */
export function isLtsNodePresent(root) {
  return existsSync(ltsNodePath(root));
}

/**
 * Fetches the Node of the current long-term-support line from npm. The package `node` holds no program: its
 * install script installs the package for this platform, which is what happens here, without a script.
 * @param {string} root
 * @returns {Promise<void>}
 * @throws {SetupError}
 */
export async function installLtsNode(root) {
  const home = join(root, ".cache", `node-${LTS_NODE}`);
  mkdirSync(join(root, ".cache"), { recursive: true });
  const draft = mkdtempSync(join(root, ".cache", "node-draft-"));
  try {
    const name = platformPackage();
    // With --prefix npm would not read the system's npmrc, which may name a proxy or a certificate.
    writeFileSync(join(draft, "package.json"), "{}\n");
    const { code, output } = await runNpm(
      ["install", "--no-save", "--ignore-scripts", `${name}@${LTS_NODE}`],
      { cwd: draft },
    );
    if (code !== 0) {
      const { cause, remedy } = explainInstallFailure("npm", output);
      throw new SetupError(
        `Node ${LTS_NODE} for the tests could not be installed. ${cause}`,
        remedy,
        output,
      );
    }
    rmSync(home, { recursive: true, force: true });
    renameSync(join(draft, "node_modules", name), home);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }

  const { code, output } = await runCommand(ltsNodePath(root), ["--print", "process.version"]);
  if (code !== 0 || output.trim() !== `v${LTS_NODE}`) {
    rmSync(home, { recursive: true, force: true });
    throw new SetupError(
      `Node ${LTS_NODE} from npm does not run on this system.`,
      "It needs glibc 2.28 or newer on Linux, or macOS 13.5 or newer.",
      output,
    );
  }
}

/** @returns {string} The npm package that holds Node for this platform. */
function platformPackage() {
  const prefix = process.platform === "darwin" && process.arch === "arm64" ? "node-bin" : "node";
  const platform = process.platform === "win32" ? "win" : process.platform;
  return `${prefix}-${platform}-${process.arch}`;
}
