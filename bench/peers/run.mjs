// Runs the same federated rounds with Tributary, pfl-research, PyTorch and Flower, on the same cores,
// one after the other.
//   node bench/peers/run.mjs --workload lr-50x50 [--engine native] [--threads 2] [--rounds 30]
//     [--repeats 3] [--peers torch,pfl,flwr] [--python python3] [--folder DIR] [--json] [--record]
// It installs the peers from PyPI into an environment that it keeps in a temporary folder. All have
// one thread unless the command says otherwise. Where `node infra/check.mjs native` has installed ONNX
// Runtime, it trains the CIFAR CNN, and the fused engine is measured beside the peers.
// `--record` writes the figures to bench/results/ and to bench/README.md.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onnxRuntimeModules } from "../../infra/onnx-runtime.mjs";
import { provenance, recordFigures, thisMachine } from "../record-figures.mjs";
import { measure, measureOurs } from "./measure.mjs";
import { parseOptions } from "./options.mjs";
import { install, pythonEnvironment } from "./python-environment.mjs";
import { reportOf, tableOf } from "./report.mjs";
import { writeWorkload } from "./write-workload.mjs";

/** @import { Measurement, PeerOutcome } from "./report.mjs" */

const root = fileURLToPath(new URL("../..", import.meta.url));

const SCRIPTS = { torch: "torch_loop.py", pfl: "pfl_research.py", flwr: "flower.py" };

/** @param {string} text */
const say = (text) => process.stderr.write(`${text}\n`);

/** @param {unknown} error */
const messageOf = (error) => (error instanceof Error ? error.message : String(error));

/**
 * The fastest engine for a workload: ONNX Runtime for the large model, where it is installed.
 * @param {string} workload
 */
const usualEngine = (workload) =>
  workload.startsWith("cifar") && existsSync(onnxRuntimeModules(root)) ? "native" : "fused";

try {
  const options = parseOptions(process.argv.slice(2));
  const { workload, rounds, seed, repeats, threads } = options;
  const { engine = usualEngine(workload) } = options;
  const folder = mkdtempSync(join(tmpdir(), "tributary-workload-"));
  const ours = ["simulate", "--workload", workload, "--rounds", String(rounds)];
  ours.push("--seed", String(seed), "--workers", String(threads), "--json");
  /** @param {string} name @returns {Measurement} */
  const measureEngine = (name) => measureOurs([...ours, "--engine", name], threads);
  /** @type {Measurement[]} */
  const own = [];
  /** @type {Record<string, PeerOutcome>} */
  const outcomes = {};
  /** Those that are measured beside ours. @type {Map<string, () => Measurement>} */
  const others = new Map();
  if (engine !== "fused") others.set("fused", () => measureEngine("fused"));
  try {
    writeWorkload(folder, { workload, seed, rounds, threads });
    const interpreter = pythonEnvironment(options.python, options.folder);
    for (const peer of options.peers) {
      say(`Installing ${peer}`);
      const missing = install(interpreter, peer);
      if (missing !== undefined) outcomes[peer] = { missing };
      others.set(peer, () => measure(interpreter, [SCRIPTS[peer], folder], threads));
    }
    for (let repeat = 1; repeat <= repeats; repeat++) {
      say(`Measuring ${workload}, ${repeat} of ${repeats}`);
      own.push(measureEngine(engine));
      for (const [name, measureOther] of others) {
        const before = outcomes[name] ?? [];
        if ("missing" in before) continue;
        try {
          outcomes[name] = [...before, measureOther()];
        } catch (error) {
          outcomes[name] = { missing: messageOf(error) };
        }
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  const report = reportOf(own, outcomes);
  const figures = {
    ...{ date: new Date().toISOString(), machine: thisMachine(), seed },
    ...{ workload, engine, threads, rounds, ...report },
  };
  const table = [provenance(figures), "", ...tableOf(report)];
  if (options.record) recordFigures(`peers-${workload}`, figures, `peers-${workload}`, table);
  process.stdout.write(`${options.json ? JSON.stringify(figures) : table.join("\n")}\n`);
} catch (error) {
  say(messageOf(error));
  process.exitCode = 1;
}
