// `node infra/hermes.mjs` shows what a phone computes: it bundles the client SDK as React Native's
// bundler would, runs it on Hermes, which is React Native's engine, and prints the hashes of a channel,
// of encoded updates and of trained weights. `test/hermes` compares them with Node's.
import { createRequire } from "node:module";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensurePinned, pinnedModules } from "./pinned-packages.mjs";
import { build } from "./rolldown.mjs";
import { runCommand } from "./run-command.mjs";
import { describeError, SetupError } from "./setup-error.mjs";

const PINNED = { name: "hermes", title: "Hermes" };

const PLATFORM_FOLDERS = { linux: "linux64-bin", darwin: "osx-bin", win32: "win64-bin" };

/** Engines of this age have what the published Hermes has, but for what it has besides. */
const OLD_ENGINE = {
  targets: { ie: "11" },
  exclude: [
    ...["transform-regenerator", "transform-typeof-symbol", "transform-exponentiation-operator"],
  ],
};

/**
 * Runs `test/hermes/on-a-phone.mjs` on Hermes. What was compiled has to be there.
 * @param {string} root
 * @returns {Promise<Readonly<Record<string, string>>>} Hashes, by what was computed.
 * @throws {SetupError}
 */
export async function hashesOnHermes(root) {
  await ensurePinned(root, PINNED);
  const modules = pinnedModules(root, PINNED.name);
  const folder = mkdtempSync(join(tmpdir(), "tributary-hermes-"));
  try {
    const program = join(folder, "on-a-phone.js");
    writeFileSync(program, forOldEngine(modules, await bundle(root, modules)));
    const { code, output } = await runCommand(hermesIn(modules), ["-O", "-w", program]);
    const last = output.trim().split("\n").at(-1) ?? "";
    if (code === 0 && last.startsWith("{")) return JSON.parse(last);
    throw new SetupError("Hermes has failed.", "What it said is above.", output);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} root @param {string} modules @returns {Promise<string>} */
async function bundle(root, modules) {
  const { output } = await build({
    input: join(root, "test/hermes/on-a-phone.mjs"),
    platform: "neutral",
    resolve: {
      conditionNames: ["react-native", "import", "default"],
      alias: { "core-js": join(modules, "core-js") },
    },
    output: { format: "iife", codeSplitting: false },
    logLevel: "warn",
    write: false,
  });
  const [program, ...more] = output;
  if (program !== undefined && more.length === 0 && program.imports.length === 0) {
    return program.code;
  }
  throw new SetupError("The program for Hermes is not one file.", "Look at what it imports.");
}

/** @param {string} modules @param {string} code @returns {string} */
function forOldEngine(modules, code) {
  const swc = createRequire(join(modules, "x.js"))("@swc/core");
  const options = { swcrc: false, isModule: false, env: OLD_ENGINE };
  return swc.transformSync(code, { ...options, jsc: { parser: { syntax: "ecmascript" } } }).code;
}

/** @param {string} modules @returns {string} */
function hermesIn(modules) {
  const folder = PLATFORM_FOLDERS[/** @type {keyof typeof PLATFORM_FOLDERS} */ (process.platform)];
  const name = process.platform === "win32" ? "hermes.exe" : "hermes";
  return join(modules, "hermes-engine-cli", folder, name);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const root = fileURLToPath(new URL("..", import.meta.url));
    console.log(JSON.stringify(await hashesOnHermes(root), null, 2));
  } catch (error) {
    console.error(describeError(error));
    process.exitCode = 1;
  }
}
