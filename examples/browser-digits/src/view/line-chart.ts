/** One line of a chart. */
export interface Series {
  /** Class of the line's group in the style sheet. */
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

export interface ChartOptions {
  /** Drawn in this order; the value of the last one's newest point is written beside it. */
  readonly series: readonly Series[];
  /** The y axis goes from 0 to the last of these. */
  readonly yTicks: readonly number[];
  readonly formatTick: (value: number) => string;
  readonly formatValue: (value: number) => string;
}

const MARGIN = { top: 10, right: 48, bottom: 22, left: 44 };
const TICK_LABEL_WIDTH = 30;

/** Draws lines over whole-numbered rounds, in the size that the element has on the page. */
export function drawLineChart(svg: SVGSVGElement, options: ChartOptions): void {
  const { width, height } = svg.getBoundingClientRect();
  if (width === 0) return;
  const { series, yTicks, formatTick, formatValue } = options;
  const yMax = yTicks.at(-1) ?? 1;
  const right = width - MARGIN.right;
  const bottom = height - MARGIN.bottom;
  const rounds = series.flatMap(({ points }) => points.map(({ x }) => x));
  const first = Math.min(...rounds);
  const last = Math.max(...rounds);
  const xOf = (round: number): number =>
    MARGIN.left + (last === first ? 0.5 : (round - first) / (last - first)) * (right - MARGIN.left);
  const yOf = (value: number): number =>
    bottom - (Math.min(value, yMax) / yMax) * (bottom - MARGIN.top);

  const isEmpty = rounds.length === 0;
  const shownTicks = isEmpty ? [0] : yTicks;
  const parts: SVGElement[] = shownTicks.flatMap((tick) => [
    node("line", {
      class: tick === 0 ? "axis" : "grid",
      x1: MARGIN.left,
      x2: right,
      y1: yOf(tick),
      y2: yOf(tick),
    }),
    label("y", MARGIN.left - 8, yOf(tick), formatTick(tick)),
  ]);
  if (isEmpty) {
    const middle = (MARGIN.left + right) / 2;
    parts.push(label("empty", middle, (MARGIN.top + bottom) / 2, "after the first round"));
  } else {
    const room = Math.max(1, Math.floor((right - MARGIN.left) / TICK_LABEL_WIDTH));
    parts.push(label("y", MARGIN.left - 8, bottom + 13, "round"));
    for (const round of roundTicks(first, last, room)) {
      parts.push(label("x", xOf(round), bottom + 16, String(round)));
    }
    for (const { name, points } of series) {
      parts.push(drawSeries(name, points, xOf, yOf));
    }
    const newest = series.at(-1)?.points.at(-1);
    if (newest !== undefined) {
      parts.push(label("newest", xOf(newest.x) + 8, yOf(newest.y) + 4, formatValue(newest.y)));
    }
  }
  svg.replaceChildren(...parts);
}

function drawSeries(
  name: string,
  points: Series["points"],
  xOf: (x: number) => number,
  yOf: (y: number) => number,
): SVGElement {
  const group = node("g", { class: name });
  const places = points.map(({ x, y }) => [xOf(x), yOf(y)] as const);
  group.append(
    node("polyline", {
      points: places.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" "),
    }),
  );
  // Beyond some points dots hide the line; the newest one stays.
  const dotted = places.length <= 24 ? places : places.slice(-1);
  for (const [cx, cy] of dotted) group.append(node("circle", { cx, cy, r: 3 }));
  return group;
}

/** At most `room` whole numbers from `first` to `last`, evenly spaced. */
export function roundTicks(first: number, last: number, room: number): number[] {
  const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];
  const step = steps.find((size) => (last - first) / size < room) ?? last;
  const from = Math.ceil(first / step) * step;
  return Array.from({ length: Math.floor((last - from) / step) + 1 }, (_, i) => from + i * step);
}

function label(name: string, x: number, y: number, text: string): SVGElement {
  const made = node("text", { class: name, x, y });
  made.textContent = text;
  return made;
}

function node(kind: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const made = document.createElementNS("http://www.w3.org/2000/svg", kind);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  return made;
}
