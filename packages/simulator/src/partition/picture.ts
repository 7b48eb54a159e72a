import type { Divisible } from "./divisible.ts";
import { clientCount, rowsOf, type Partition } from "./partition.ts";
import { classCounts, hasClasses } from "./summary.ts";

/** The most clients that are drawn; of more, every so many are. */
const MOST_BARS = 120;

/** The most classes that have a colour and a line in the legend of their own. */
const MOST_CLASSES = 20;

const WIDTH = 960;
const HEIGHT = 420;
const PLOT = { left: 70, top: 56, right: 800, bottom: 360 };

/**
 * Draws a partition as bars, one for each client, stacked by class, with the number of examples
 * upwards. Of many clients it draws some, evenly chosen.
 * @param title - One line above the picture.
 * @returns An SVG document, which needs no font or file beside it.
 */
export function partitionPicture(data: Divisible, partition: Partition, title: string): string {
  const clients = drawnClients(clientCount(partition));
  const kinds = hasClasses(data) ? data.classCount : 1;
  const bars = clients.map((client) =>
    hasClasses(data)
      ? [...classCounts(data, partition, client)]
      : [rowsOf(partition, client).length],
  );
  const ticks = niceTicks(Math.max(...bars.map((counts) => sumOf(counts))));
  const most = ticks.at(-1)!;
  const y = (examples: number): number =>
    PLOT.bottom - (examples / most) * (PLOT.bottom - PLOT.top);
  const step = (PLOT.right - PLOT.left) / clients.length;
  const width = Math.max(1, step * 0.86);
  const drawn = bars.map((counts, place) => {
    let below = 0;
    const x = PLOT.left + place * step + (step - width) / 2;
    const parts = counts.map((count, kind) => {
      const from = below;
      below += count;
      if (count === 0) return "";
      const name = kinds === 1 ? "" : `, ${nameOf(data, kind)}`;
      return `<rect x="${shown(x)}" y="${shown(y(below))}" width="${shown(width)}" height="${shown(y(from) - y(below))}" fill="${colour(kind, kinds)}"><title>client ${clients[place]}${escape(name)}: ${count}</title></rect>`;
    });
    return parts.join("");
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="system-ui, sans-serif" font-size="12" fill="#333" role="img">`,
    `<title>${escape(title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    label(PLOT.left, 28, title, 'font-size="16" font-weight="600"'),
    ...ticks.map(
      (value) =>
        `<line x1="${PLOT.left}" x2="${PLOT.right}" y1="${shown(y(value))}" y2="${shown(y(value))}" stroke="#ddd"/>` +
        label(PLOT.left - 8, y(value) + 4, value.toLocaleString("en"), 'text-anchor="end"'),
    ),
    ...drawn,
    ...clientTicks(clients).map(([place, client]) =>
      label(
        PLOT.left + (place + 0.5) * step,
        PLOT.bottom + 18,
        `${client}`,
        'text-anchor="middle"',
      ),
    ),
    label(
      (PLOT.left + PLOT.right) / 2,
      PLOT.bottom + 42,
      clients.length === clientCount(partition)
        ? "client"
        : `client (${clients.length} of ${clientCount(partition).toLocaleString("en")} are drawn)`,
      'text-anchor="middle"',
    ),
    `<text transform="translate(18 ${(PLOT.top + PLOT.bottom) / 2}) rotate(-90)" text-anchor="middle">examples</text>`,
    ...legend(data, kinds),
    "</svg>",
    "",
  ].join("\n");
}

/** Evenly chosen clients. */
function drawnClients(clients: number): number[] {
  const bars = Math.min(clients, MOST_BARS);
  return Array.from({ length: bars }, (_, bar) => Math.floor((bar * clients) / bars));
}

/** The clients whose numbers stand below their bars. */
function clientTicks(clients: readonly number[]): [place: number, client: number][] {
  const every = Math.ceil(clients.length / 20);
  return [...clients.entries()].filter(([place]) => place % every === 0);
}

/** Round numbers from 0 to a number or just above it, about six of them. */
function niceTicks(value: number): number[] {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, value / 5)));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((nice) => nice >= value / 5)!;
  return Array.from({ length: Math.ceil(value / step) + 1 }, (_, tick) => tick * step);
}

function legend(data: Divisible, kinds: number): string[] {
  if (kinds === 1) return [];
  const listed = Math.min(kinds, MOST_CLASSES);
  const lines = Array.from({ length: listed }, (_, kind) => {
    const y = PLOT.top + kind * 15;
    return (
      `<rect x="${PLOT.right + 20}" y="${y}" width="10" height="10" fill="${colour(kind, kinds)}"/>` +
      label(PLOT.right + 36, y + 9, nameOf(data, kind))
    );
  });
  const more = kinds - listed;
  if (more === 0) return lines;
  const y = PLOT.top + listed * 15 + 9;
  return [...lines, label(PLOT.right + 20, y, `and ${more} more classes`)];
}

const nameOf = ({ train }: Divisible, kind: number): string =>
  train.classNames?.[kind]?.slice(0, 16) ?? `class ${kind}`;

/** Colours that people with any colour vision tell apart, as far as there are enough of them. */
const COLOURS = [
  ...["#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee"],
  ...["#aa3377", "#bbbbbb", "#994455", "#004488", "#ddaa33"],
];

const colour = (kind: number, kinds: number): string =>
  kinds <= COLOURS.length
    ? COLOURS[kind]!
    : `hsl(${Math.round((kind * 360) / kinds)} 60% ${kind % 2 === 0 ? 45 : 65}%)`;

const label = (x: number, y: number, text: string, more = ""): string =>
  `<text x="${shown(x)}" y="${shown(y)}"${more === "" ? "" : ` ${more}`}>${escape(text)}</text>`;

const shown = (value: number): string => String(Math.round(value * 100) / 100);

const escape = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

const sumOf = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0);
