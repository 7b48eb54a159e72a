// Runs the same federated rounds with Tributary, pfl-research, PyTorch and Flower, on the same cores,
// one after the other.
//   node bench/peers/run.mjs --workload lr-50x50 [--rounds 30] [--repeats 3] [--peers torch,pfl,flwr]
//     [--python python3] [--folder DIR] [--json] [--record]
// It installs the peers from PyPI into an environment that it keeps in a temporary folder. All have
// one thread. `--record` writes the figures to bench/results/ and to bench/README.md.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { provenance, recordFigures, thisMachine } from "../record-figures.mjs";
import { parseOptions } from "./options.mjs";
import { install, lastLine, pythonEnvironment } from "./python-environment.mjs";
import { reportOf, tableOf } from "./report.mjs";
import { writeWorkload } from "./write-workload.mjs";

/** @import { Measurement, PeerOutcome } from "./report.mjs" */

const here = fileURLToPath(new URL(".", import.meta.url));

const SCRIPTS = { torch: "torch_loop.py", pfl: "pfl_research.py", flwr: "flower.py" };

/** @param {string} text */
const say = (text) => process.stderr.write(`${text}\n`);

/**
 * Runs a program whose last line is a measurement.
 * @param {string} command
 * @param {readonly string[]} args
 * @returns {Measurement}
 */
function measure(command, args) {
  const env = { ...process.env, OMP_NUM_THREADS: "1", MKL_NUM_THREADS: "1" };
  const { status, stdout, stderr } = spawnSync(command, args, { env, cwd: here, encoding: "utf8" });
  if (status === 0) return JSON.parse(lastLine(stdout) ?? "");
  throw new Error(lastLine(stderr) ?? `It ended with ${status}`);
}

/** @param {unknown} error */
const messageOf = (error) => (error instanceof Error ? error.message : String(error));

try {
  const options = parseOptions(process.argv.slice(2));
  const { workload, rounds, seed, repeats } = options;
  const folder = mkdtempSync(join(tmpdir(), "tributary-workload-"));
  const ours = ["bench", "simulate", "--workload", workload, "--rounds", String(rounds)];
  ours.push("--seed", String(seed), "--json");
  /** @type {Measurement[]} */
  const own = [];
  /** @type {Record<string, PeerOutcome>} */
  const outcomes = {};
  try {
    writeWorkload(folder, { workload, seed, rounds });
    const interpreter = pythonEnvironment(options.python, options.folder);
    for (const peer of options.peers) {
      say(`Installing ${peer}`);
      const missing = install(interpreter, peer);
      outcomes[peer] = missing === undefined ? [] : { missing };
    }
    for (let repeat = 1; repeat <= repeats; repeat++) {
      say(`Measuring ${workload}, ${repeat} of ${repeats}`);
      own.push(measure(process.execPath, [join(here, "../dist/main.js"), ...ours]));
      for (const peer of options.peers) {
        const before = outcomes[peer];
        if (before === undefined || "missing" in before) continue;
        try {
          outcomes[peer] = [...before, measure(interpreter, [SCRIPTS[peer], folder])];
        } catch (error) {
          outcomes[peer] = { missing: messageOf(error) };
        }
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  const report = reportOf(own, outcomes);
  const figures = {
    ...{ date: new Date().toISOString(), machine: thisMachine(), seed },
    ...{ workload, rounds, ...report },
  };
  const table = [provenance(figures), "", ...tableOf(report)];
  if (options.record) recordFigures(`peers-${workload}`, figures, `peers-${workload}`, table);
  process.stdout.write(`${options.json ? JSON.stringify(figures) : table.join("\n")}\n`);
} catch (error) {
  say(messageOf(error));
  process.exitCode = 1;
}
