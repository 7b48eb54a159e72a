import type { MeasureName } from "@tributary/protocol";
import { ATTACK_SUCCESS } from "../runner/score-of-parts.ts";
import { isShare } from "./comparison-table.ts";
import { curvesOf, runsBySeries, type CurvePoint } from "./curves.ts";
import type { ChartSpec } from "./draw-chart.ts";
import type { StoredResults } from "./read-results.ts";

/** A chart of a report. */
export interface Chart {
  /** The name of its file, without the ending. */
  readonly name: string;
  readonly title: string;
  /** One sentence on how to read it. */
  readonly caption: string;
  readonly spec: ChartSpec;
}

const SIZE = { width: 680, height: 320 };

/** Colours that people with colour-blindness can tell apart (Okabe and Ito). */
const COLOURS = [
  ...["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000", "#999999"],
];

/** A colour for each series, the same one in all charts, with a legend below the chart. */
const bySeries = (results: readonly StoredResults[]) => ({
  field: "series",
  type: "nominal" as const,
  title: null,
  scale: {
    domain: [...new Set(runsBySeries(results).map(({ series }) => series))],
    range: COLOURS,
  },
  legend: {
    ...{ orient: "bottom" as const, columns: 1, labelLimit: 600 },
    ...{ symbolOpacity: 1, symbolStrokeWidth: 2.5 },
  },
});

/**
 * The charts of one experiment or of several side by side: the score by round, by bytes and by virtual
 * time, how often an attack succeeds, how the clients' own measures are spread, and how often clients
 * took part.
 */
export function chartsOf(results: readonly StoredResults[], measure: MeasureName): Chart[] {
  const points = curvesOf(results, measure);
  const color = bySeries(results);
  const one = "A thin line is a run, and a thick one the mean over the seeds.";
  const charts = [
    lines(points, color, "round", {
      measure,
      title: `${measure} by round`,
      axis: "round",
      caption: one,
    }),
    lines(points, color, "megabytes", {
      ...{ measure, title: `${measure} by bytes`, axis: "MB up and down, over all clients" },
      caption: "A line is a run.",
    }),
  ];
  if (points.some(({ hours }) => hours > 0)) {
    const caption = "A line is a run. Time is that of the devices in the simulation.";
    const title = `${measure} by virtual time`;
    charts.push(lines(points, color, "hours", { measure, title, axis: "virtual hours", caption }));
  }
  const attacked = curvesOf(results, ATTACK_SUCCESS);
  if (attacked.length > 0) {
    const said = { title: "attack success by round", axis: "round", caption: SUCCESS_CAPTION };
    charts.push(lines(attacked, color, "round", { measure: ATTACK_SUCCESS, ...said }));
  }
  const more = [clientsChart(results, measure), participationChart(results)];
  return [...charts, ...more.filter((chart) => chart !== undefined)];
}

const SUCCESS_CAPTION =
  "The share of held-out examples that the model answers as the attackers want, of those whose true answer is another.";

function lines(
  points: readonly CurvePoint[],
  color: ReturnType<typeof bySeries>,
  by: "round" | "megabytes" | "hours",
  said: {
    readonly measure: string;
    readonly title: string;
    readonly axis: string;
    readonly caption: string;
  },
): Chart {
  const { measure, title, axis, caption } = said;
  const x = {
    field: by,
    type: "quantitative" as const,
    title: axis,
    axis: by === "round" ? ROUND_AXIS : {},
  };
  const y = {
    field: "score",
    type: "quantitative" as const,
    title: measure,
    scale: { zero: false },
    axis: axisOf(measure),
  };
  const mean = {
    mark: { type: "line" as const, strokeWidth: 2.5 },
    encoding: { x, y: { ...y, aggregate: "mean" as const }, color },
  };
  return {
    name: `${measure}-by-${by}`,
    title,
    caption,
    spec: {
      ...SIZE,
      background: "white",
      data: { values: points.map((point) => ({ ...point })) },
      layer: [
        {
          mark: { type: "line", strokeWidth: 1, opacity: by === "round" ? 0.35 : 0.8 },
          encoding: { x, y, color, detail: { field: "seed", type: "nominal" } },
        },
        // Runs have a score after the same rounds, but not after the same bytes or times.
        ...(by === "round" ? [mean] : []),
      ],
    },
  };
}

const ROUND_AXIS = { tickMinStep: 1, format: "d" };

/** Shares are shown in percent. */
const axisOf = (measure: string): object => (isShare(measure) ? { format: ".2~%" } : {});

/** How a measure is spread over the clients of evaluations, by round. */
function clientsChart(results: readonly StoredResults[], measure: string): Chart | undefined {
  const values = runsBySeries(results).flatMap(({ series, run }) =>
    run.recorded.flatMap(({ number, byClient }) => {
      const figures = byClient?.[measure];
      return figures === undefined ? [] : [{ series, round: number, ...figures }];
    }),
  );
  if (values.length === 0) return undefined;
  const color = bySeries(results);
  const x = {
    field: "round",
    type: "quantitative" as const,
    title: "round",
    axis: ROUND_AXIS,
  };
  const y = {
    type: "quantitative" as const,
    aggregate: "mean" as const,
    title: measure,
    scale: { zero: false },
    axis: axisOf(measure),
  };
  return {
    name: `${measure}-of-clients`,
    title: `${measure} of clients`,
    caption:
      "What clients reach on their own examples: the line is the median, and four fifths of the clients lie in the band. Means over the seeds.",
    spec: {
      ...SIZE,
      background: "white",
      data: { values },
      layer: [
        {
          mark: { type: "area", opacity: 0.2 },
          encoding: {
            ...{ x, color },
            y: { ...y, field: "p10" },
            y2: { field: "p90", aggregate: "mean" },
          },
        },
        { mark: "line", encoding: { x, y: { ...y, field: "p50" }, color } },
      ],
    },
  };
}

function participationChart(results: readonly StoredResults[]): Chart | undefined {
  const counts = runsBySeries(results).flatMap(({ series, run }) =>
    (run.participations ?? []).map((count) => ({ series, count })),
  );
  if (counts.length === 0) return undefined;
  return {
    name: "participation",
    title: "Participation",
    caption: "How many clients took part so many times, over all runs of a series.",
    spec: {
      ...{ width: SIZE.width, height: 130 },
      background: "white",
      data: { values: counts },
      mark: { type: "bar", color: COLOURS[0]! },
      encoding: {
        x: {
          field: "count",
          type: "quantitative",
          bin: { maxbins: 40, minstep: 1 },
          title: "reports that counted",
          axis: { format: "d" },
        },
        y: { aggregate: "count", type: "quantitative", title: "clients" },
        row: {
          field: "series",
          type: "nominal",
          title: null,
          header: { labelAngle: 0, labelOrient: "top", labelAnchor: "start" },
        },
      },
    },
  };
}
