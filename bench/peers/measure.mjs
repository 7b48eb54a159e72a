// Programs whose last line is what they have measured.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onnxRuntimeModules } from "../../infra/onnx-runtime.mjs";
import { lastLine } from "./python-environment.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Runs a program with so many threads for its arithmetic. Ours find ONNX Runtime where the tests have
 * installed it.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {number} threads
 * @returns {any} What its last line says.
 */
export function measure(command, args, threads) {
  const env = {
    ...process.env,
    ...{ OMP_NUM_THREADS: String(threads), MKL_NUM_THREADS: String(threads) },
    NODE_PATH: onnxRuntimeModules(root),
  };
  const { status, stdout, stderr } = spawnSync(command, args, { env, cwd: here, encoding: "utf8" });
  if (status === 0) return JSON.parse(lastLine(stdout) ?? "");
  throw new Error(lastLine(stderr) ?? `It ended with ${status}`);
}

/**
 * Runs `bench` of this repository.
 * @param {readonly string[]} args
 * @param {number} threads
 */
export function measureOurs(args, threads) {
  return measure(process.execPath, [join(root, "bench/dist/main.js"), "bench", ...args], threads);
}
