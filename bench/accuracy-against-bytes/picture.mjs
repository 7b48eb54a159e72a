// Draws the curves as a plain SVG that follows the reader's light or dark colour scheme.
import { bestSoFar } from "./crossing.mjs";

/**
 * @typedef {import("../accuracy-against-bytes.mjs").Figures} Figures
 * @typedef {Figures["cells"][number]} Result
 */

const WIDTH = 820;
const HEIGHT = 480;
const LEFT = 76;
const RIGHT = 56;
const TOP = 56;
const BOTTOM = 62;
const PLOT_WIDTH = WIDTH - LEFT - RIGHT;
const PLOT_HEIGHT = HEIGHT - TOP - BOTTOM;
/** Colours of the lines, in the order of the table. They are dark enough on white and light enough on black. */
const COLOURS = [
  "#8a8f98",
  "#3b82c4",
  "#1f9e89",
  "#5aa02c",
  "#c08a00",
  "#e0662a",
  "#d1477f",
  "#9467bd",
  "#a06a4b",
];

/** @param {Figures} figures @returns {string} */
export function drawPicture({ cells, target, clients, cohort, data }) {
  const shown = cells.filter(isInPicture);
  const curves = shown.map(({ points }) => bestSoFar(points));
  const floor = Math.max(0, target - 0.12);
  const ceiling = Math.min(1, target + 0.015);
  const megabytes = curves
    .flat()
    .filter(({ accuracy }) => accuracy >= floor)
    .map(({ megabytesUp }) => megabytesUp);
  const least = Math.floor(Math.log10(Math.min(...megabytes)) * 4) / 4;
  const most = Math.ceil(Math.log10(Math.max(...megabytes)) * 4) / 4;
  const x = (/** @type {number} */ mb) =>
    LEFT + (PLOT_WIDTH * (Math.log10(mb) - least)) / (most - least);
  const y = (/** @type {number} */ accuracy) =>
    TOP + (PLOT_HEIGHT * (ceiling - accuracy)) / (ceiling - floor);

  const grid = [];
  for (let power = Math.ceil(least); power <= most; power++) {
    const at = x(10 ** power).toFixed(1);
    grid.push(
      `<line class="grid" x1="${at}" y1="${TOP}" x2="${at}" y2="${TOP + PLOT_HEIGHT}"/>`,
      `<text x="${at}" y="${TOP + PLOT_HEIGHT + 20}" text-anchor="middle">${megabyteLabel(power)}</text>`,
    );
  }
  for (let percent = Math.ceil(100 * floor); percent <= 100 * ceiling; percent++) {
    if (percent % 2 !== 0) continue;
    const at = y(percent / 100).toFixed(1);
    grid.push(
      `<line class="grid" x1="${LEFT}" y1="${at}" x2="${LEFT + PLOT_WIDTH}" y2="${at}"/>`,
      `<text x="${LEFT - 8}" y="${Number(at) + 4}" text-anchor="end">${percent} %</text>`,
    );
  }
  const aim = y(target).toFixed(1);
  grid.push(
    `<line class="aim" x1="${LEFT}" y1="${aim}" x2="${LEFT + PLOT_WIDTH}" y2="${aim}"/>`,
    `<text x="${LEFT + 6}" y="${Number(aim) - 6}">${formatPercent(target)}</text>`,
  );

  const lines = shown.map(({ cell, target: reached }, index) => {
    const colour = COLOURS[index % COLOURS.length];
    const curve = curves[index] ?? [];
    const first = curve.findIndex(({ accuracy }) => accuracy >= floor);
    const above = first === -1 ? [] : curve.slice(first);
    const path = above.map((p) => `${x(p.megabytesUp).toFixed(1)},${y(p.accuracy).toFixed(1)}`);
    const end = reached ?? curve.at(-1);
    if (end === undefined) return "";
    const endX = x(end.megabytesUp);
    const endY = y(reached === null ? (curve.at(-1)?.accuracy ?? floor) : target);
    return [
      `<polyline points="${path.join(" ")}" stroke="${colour}"/>`,
      `<circle cx="${endX.toFixed(1)}" cy="${endY.toFixed(1)}" r="3.5" fill="${colour}"/>`,
      `<text class="name" fill="${colour}" transform="translate(${(endX + 3).toFixed(1)} ${(endY - 9).toFixed(1)}) rotate(-40)">${shortLabel(cell.label)}</text>`,
    ].join("\n");
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="Test accuracy against megabytes sent up, for update codecs from 32 bits to a fraction of one, and FedSGD">
<style>
svg{color-scheme:light dark}
text{font:13px system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif;fill:#3c434d}
.name{font-weight:600;font-size:12.5px}
.back{fill:#fff}.grid{stroke:#e3e6ea}.aim{stroke:#8a8f98;stroke-dasharray:5 4}
polyline{fill:none;stroke-width:2.2;stroke-linejoin:round}
${COLOURS.map((colour) => `.name[fill="${colour}"]{fill:${colour}}`).join("")}
@media(prefers-color-scheme:dark){.back{fill:#0f1720}text{fill:#c6cfda}.grid{stroke:#26313d}}
</style>
<rect class="back" width="${WIDTH}" height="${HEIGHT}" rx="10"/>
${grid.join("\n")}
${lines.join("\n")}
<text x="${LEFT + PLOT_WIDTH / 2}" y="${HEIGHT - 14}" text-anchor="middle">sent up by all clients, MB (logarithmic): ${data === "mnist" ? "MNIST" : data}, 2NN, ${cohort} of ${clients} clients a round</text>
<text transform="translate(20 ${TOP + PLOT_HEIGHT / 2}) rotate(-90)" text-anchor="middle">test accuracy, best so far</text>
</svg>
`;
}

/** Cells that differ only in what goes down, and trials of learning rates, would lie on top of other lines. @param {Result} result */
const isInPicture = ({ cell }) => cell.download === undefined && !cell.name.startsWith("grid-");

/** @param {string} label */
const shortLabel = (label) => label.replace(", float32", "");

/** @param {number} power */
const megabyteLabel = (power) =>
  power < 0 ? String(10 ** power) : (10 ** power).toLocaleString("en");

/** @param {number} share */
const formatPercent = (share) => `${Number((100 * share).toFixed(1))} %`;
