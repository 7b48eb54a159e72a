// What is reproduced of a paper, and helpers for its tables.
import { reached, shown, shownMeasure } from "@tributary/simulator";

/**
 * What a paper has published: where, and the figures or the claim, word for word or number for number.
 * @typedef {object} Published
 * @property {string} url
 * @property {string} where - Section or table.
 * @property {Readonly<Record<string, number>> | string} figures
 */

/**
 * A section of the page: the table, and a chart where it says more.
 * @typedef {object} Section
 * @property {string} name
 * @property {(record: PaperRecord) => { head: readonly string[], rows: readonly (readonly string[])[] }} table
 * @property {(record: PaperRecord) => import("@tributary/simulator").ChartSpec} [chart]
 * @property {string} [caption] - What the chart shows, for those who do not see it.
 */

/**
 * @typedef {object} Paper
 * @property {string} name
 * @property {string} file - The experiment file.
 * @property {Readonly<Record<string, readonly string[]>>} parts - By their names the settings that change
 *   the file, as they follow `--set`.
 * @property {Published} published
 * @property {readonly Section[]} sections
 */

/** @typedef {import("./record-file.mjs").PaperRecord} PaperRecord */
/** @typedef {import("@tributary/simulator").GroupSummary} Group */

/** All groups of all parts. @param {PaperRecord} record */
export const groupsOf = (record) => Object.values(record.parts).flatMap(({ groups }) => groups);

/** All runs of all parts. @param {PaperRecord} record */
export const runsOf = (record) => Object.values(record.parts).flatMap(({ runs }) => runs);

/**
 * Whether a run or a group has this variant, and these settings among its own.
 * @param {{ variant?: string | null, settings?: import("@tributary/simulator").Settings }} wanted
 */
export const has =
  ({ variant = null, settings = {} }) =>
  (/** @type {import("@tributary/simulator").Choice} */ one) =>
    one.variant === variant &&
    Object.entries(settings).every(
      ([path, value]) => JSON.stringify(one.settings[path]) === JSON.stringify(value),
    );

/** Rounds to the target, for a cell. @param {Group | undefined} group */
export const rounds = (group) => {
  if (group === undefined) return "–";
  return group.roundsToTarget === null ? "not reached" : reached(group);
};

/** The last accuracy, for a cell. @param {Group | undefined} group */
export const accuracy = (group) =>
  shown(group?.finalScore["accuracy"], (value) => shownMeasure("accuracy", value));

/**
 * Our rounds over the paper's, for a cell. What is more than a fifth away is in bold type.
 * @param {Group | undefined} group @param {number} published
 */
export const ratio = (group, published) => {
  const mean = group?.roundsToTarget?.mean;
  if (mean === undefined) return "–";
  const text = (mean / published).toFixed(2);
  return isFar(mean / published) ? `**${text}**` : text;
};

/** Whether a ratio to the paper is further away than its own spread of ±20 %. @param {number} value */
const isFar = (value) => Math.abs(value - 1) > 0.2;

const COLOURS = [
  ...["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000", "#999999"],
];

/**
 * A chart of lines.
 * @param {readonly { x: number, y: number, series: string, run: string }[]} points
 * @param {{ x: string, y: string, isShare?: boolean, log?: boolean }} axes
 * @returns {import("@tributary/simulator").ChartSpec}
 */
export const lines = (points, { x, y, isShare = true, log = false }) => ({
  width: 640,
  height: 280,
  background: "white",
  data: { values: [...points] },
  mark: { type: "line", strokeWidth: 1.8 },
  encoding: {
    x: { field: "x", type: "quantitative", title: x, scale: log ? { type: "log" } : {} },
    y: {
      field: "y",
      type: "quantitative",
      title: y,
      scale: { zero: false },
      axis: isShare ? { format: ".0%" } : {},
    },
    color: {
      field: "series",
      type: "nominal",
      title: null,
      scale: { range: COLOURS },
      legend: { orient: "bottom", columns: 3, labelLimit: 600 },
    },
    detail: { field: "run", type: "nominal" },
  },
});
