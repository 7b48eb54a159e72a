import type { MeasureName } from "@tributary/protocol";
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

/**
 * The charts of one experiment or of several side by side: the score by round, by bytes and by virtual
 * time, and how often clients took part.
 */
export function chartsOf(results: readonly StoredResults[], measure: MeasureName): Chart[] {
  const points = curvesOf(results, measure);
  const one = "A thin line is a run, and a thick one the mean over the seeds.";
  const charts = [
    lines(points, "round", { measure, title: "by round", axis: "round", caption: one }),
    lines(points, "megabytes", {
      ...{ measure, title: "by bytes", axis: "MB up and down, over all clients" },
      caption: "A line is a run.",
    }),
  ];
  if (points.some(({ hours }) => hours > 0)) {
    const caption = "A line is a run. Time is that of the devices in the simulation.";
    const title = "by virtual time";
    charts.push(lines(points, "hours", { measure, title, axis: "virtual hours", caption }));
  }
  const participation = participationChart(results);
  return participation === undefined ? charts : [...charts, participation];
}

function lines(
  points: readonly CurvePoint[],
  by: "round" | "megabytes" | "hours",
  said: {
    readonly measure: MeasureName;
    readonly title: string;
    readonly axis: string;
    readonly caption: string;
  },
): Chart {
  const { measure, title, axis, caption } = said;
  const isShare = measure === "accuracy";
  const x = {
    field: by,
    type: "quantitative" as const,
    title: axis,
    axis: by === "round" ? { tickMinStep: 1, format: "d" } : {},
  };
  const y = {
    field: "score",
    type: "quantitative" as const,
    title: measure,
    scale: { zero: false },
    axis: isShare ? { format: ".0%" } : {},
  };
  const color = {
    field: "series",
    type: "nominal" as const,
    title: null,
    scale: { range: COLOURS },
    legend: { orient: "bottom" as const, columns: 1, labelLimit: 600 },
  };
  const mean = {
    mark: { type: "line" as const, strokeWidth: 2.5 },
    encoding: { x, y: { ...y, aggregate: "mean" as const }, color },
  };
  return {
    name: `${measure}-by-${by}`,
    title: `${measure} ${title}`,
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
