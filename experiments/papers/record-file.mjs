// What is recorded of an experiment: experiments/results/NAME.json.
import { existsSync, readFileSync, writeFileSync } from "node:fs";

/**
 * What a part of an experiment gave.
 * @typedef {object} RecordedPart
 * @property {string} date - When it was recorded.
 * @property {Pick<import("@tributary/simulator").Environment, "tributary" | "node" | "revision" | "isChanged" | "cpu">} environment
 * @property {string} measure - What scores are of.
 * @property {readonly import("@tributary/simulator").GroupSummary[]} groups
 * @property {readonly RecordedRun[]} runs
 */

/**
 * A run, with some of the points of its curve: round, score, and virtual seconds.
 * @typedef {object} RecordedRun
 * @property {string | null} variant
 * @property {import("@tributary/simulator").Settings} settings
 * @property {number} seed
 * @property {string} checkpoint
 * @property {number} rounds
 * @property {number | null} roundsToTarget
 * @property {number | null} virtualSecondsToTarget
 * @property {number} [bytesUp] - Of all updates. Bytes are absent in what was recorded before they were
 *   counted.
 * @property {number | null} [bytesUpToTarget]
 * @property {number | null} [bytesDownToTarget]
 * @property {readonly (readonly [round: number, score: number, seconds: number])[]} curve
 */

/**
 * @typedef {object} PaperRecord
 * @property {string} experiment
 * @property {import("./paper.mjs").Published} published
 * @property {Readonly<Record<string, RecordedPart>>} parts
 */

/** @param {string} name */
const fileOf = (name) => new URL(`../results/${name}.json`, import.meta.url);

/** What is recorded of an experiment; undefined when nothing is. @param {string} name */
export function readRecord(name) {
  const file = fileOf(name);
  if (!existsSync(file)) return undefined;
  return /** @type {PaperRecord} */ (JSON.parse(readFileSync(file, "utf8")));
}

/**
 * @param {import("./paper.mjs").Paper} paper
 * @param {Readonly<Record<string, RecordedPart>>} recorded
 */
export function writeRecord({ name, published, parts }, recorded) {
  const ordered = Object.keys(parts).flatMap((part) =>
    recorded[part] === undefined ? [] : [[part, recorded[part]]],
  );
  /** @type {PaperRecord} */
  const record = { experiment: name, published, parts: Object.fromEntries(ordered) };
  writeFileSync(fileOf(name), `${withRowsInLines(record)}\n`);
}

/** JSON in which each group, and each run, stands in one line. @param {PaperRecord} record */
function withRowsInLines(record) {
  /** @type {string[]} */
  const rows = [];
  const text = JSON.stringify(
    record,
    (key, value) =>
      key === "groups" || key === "runs"
        ? value.map((/** @type {unknown} */ row) => `row ${rows.push(JSON.stringify(row)) - 1}`)
        : value,
    2,
  );
  return text.replaceAll(/"row (\d+)"/g, (_, row) => rows[Number(row)] ?? "");
}
