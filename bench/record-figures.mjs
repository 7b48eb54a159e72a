// What every benchmark says about its machine, and where its figures are recorded.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** @typedef {{ cpu: string, cores: number, memoryGiB: number, node: string }} Machine */

/** @returns {Machine} */
export function thisMachine() {
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
  };
}

/**
 * The first line of a section: when and where the figures were measured, and with which seed.
 * @param {{ date: string, machine: Machine, seed: number }} figures
 */
export function provenance({ date, machine, seed }) {
  const { cores, cpu, memoryGiB, node } = machine;
  return `${date.slice(0, 10)}, ${cores} cores of ${cpu}, ${memoryGiB} GiB, Node ${node}, seed ${seed}.`;
}

/**
 * Writes figures to `bench/results/NAME.json`, and their table into the section of bench/README.md between two comments.
 * @param {string} name
 * @param {object} figures
 * @param {string} section
 * @param {readonly string[]} lines
 */
export function recordFigures(name, figures, section, lines) {
  const folder = join(root, "bench/results");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(figures, undefined, 2)}\n`);
  const page = join(root, "bench/README.md");
  const place = new RegExp(`(<!-- ${section}:begin -->\\n)[\\s\\S]*?(<!-- ${section}:end -->)`);
  const text = lines.join("\n");
  const replaced = readFileSync(page, "utf8").replace(
    place,
    (_all, begin, end) => `${begin}${text}\n${end}`,
  );
  writeFileSync(page, replaced);
}
