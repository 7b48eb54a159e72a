/** One line of a chart. */
export interface Series {
  /** The CSS class of the line's group. */
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** What a chart shows. */
export interface ChartOptions {
  /**
   * The lines, drawn in this order. The newest value of the last one is written beside its point.
   */
  readonly series: readonly Series[];
  /** The labelled values of the y axis, which goes from 0 to the last of them. */
  readonly yTicks: readonly number[];
  readonly formatTick: (value: number) => string;
  readonly formatValue: (value: number) => string;
}

/** The space around the lines, for labels, in pixels. */
const MARGIN = { top: 10, right: 48, bottom: 22, left: 44 };
const TICK_LABEL_WIDTH = 30;

/**
 * Draws lines over rounds, at the size that the element has on the page. It replaces what the
 * element contained.
 */
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
    parts.push(label("empty", middle, (MARGIN.top + bottom) / 2, "appears after the first round"));
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

/** Draws one line with its dots. */
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
  // With many points their dots would hide the line, so only the newest one keeps its dot.
  const dotted = places.length <= 24 ? places : places.slice(-1);
  for (const [cx, cy] of dotted) group.append(node("circle", { cx, cy, r: 3 }));
  return group;
}

/** At most `room` whole numbers from `first` to `last`, evenly spaced: the labels of the x axis. */
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
