import type { TopLevelSpec } from "vega-lite";

/** A description of a chart in the grammar of Vega-Lite, which holds its data. */
export type ChartSpec = TopLevelSpec;

/**
 * Draws a chart.
 * @returns An SVG document, which needs no script and no file beside it.
 */
export async function drawChart(spec: ChartSpec): Promise<string> {
  // Loaded only here, since few commands draw.
  const [{ compile }, { View, parse, Warn }] = await Promise.all([
    import("vega-lite"),
    import("vega"),
  ]);
  const view = new View(parse(compile(spec).spec), { renderer: "none", logLevel: Warn });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}
