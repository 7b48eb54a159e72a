import { formatPercent } from "../format.ts";
import type { PageState, RoundPoint } from "../page-state.ts";
import { element } from "./elements.ts";
import { drawLineChart, type Series } from "./line-chart.ts";

/** The labels of the axis for the accuracy. */
const SHARES = [0, 0.25, 0.5, 0.75, 1];
/**
 * The possible axes for the loss. The first one that is high enough is used. `digits` is the number
 * of decimals of its labels.
 */
const LOSS_AXES = [
  { step: 0.05, steps: 4, digits: 2 },
  { step: 0.1, steps: 5, digits: 1 },
  { step: 0.25, steps: 4, digits: 2 },
  { step: 0.5, steps: 4, digits: 1 },
  { step: 1, steps: 3, digits: 0 },
  { step: 1, steps: 5, digits: 0 },
  { step: 5, steps: 4, digits: 0 },
] as const;

/** Shows how accuracy and loss change from round to round. */
export class HistoryPanel {
  readonly #accuracy = element("accuracy-chart", SVGSVGElement);
  readonly #loss = element("loss-chart", SVGSVGElement);
  #history: readonly RoundPoint[] = [];
  #drawn: readonly RoundPoint[] | undefined;

  constructor() {
    const observer = new ResizeObserver(() => this.#draw());
    observer.observe(this.#accuracy);
  }

  render({ history }: PageState): void {
    this.#history = history;
    if (this.#drawn !== history) this.#draw();
  }

  #draw(): void {
    const history = this.#history;
    this.#drawn = history;
    drawLineChart(this.#accuracy, {
      series: seriesOf(history, "accuracy"),
      yTicks: SHARES,
      formatTick: (value) => formatPercent(value, 0),
      formatValue: (value) => formatPercent(value),
    });
    const losses = seriesOf(history, "loss");
    const highest = Math.max(0, ...losses.flatMap(({ points }) => points.map(({ y }) => y)));
    const { step, steps, digits } =
      LOSS_AXES.find((axis) => axis.step * axis.steps >= highest) ?? LOSS_AXES[6];
    drawLineChart(this.#loss, {
      series: losses,
      yTicks: Array.from({ length: steps + 1 }, (_, i) => i * step),
      formatTick: (value) => value.toFixed(digits),
      formatValue: (value) => value.toFixed(2),
    });
    this.#accuracy.setAttribute("aria-label", describe("Accuracy", history, "accuracy"));
    this.#loss.setAttribute("aria-label", describe("Loss", history, "loss"));
  }
}

type Measure = "accuracy" | "loss";

/** The two lines of a chart: this page's own, and the shared model's on top of it. */
function seriesOf(history: readonly RoundPoint[], measure: Measure): Series[] {
  return (["own", "shared"] as const).map((name) => ({
    name,
    points: history.flatMap((point) => {
      const y = point[name]?.[measure];
      return y === undefined ? [] : [{ x: point.round, y }];
    }),
  }));
}

/** The chart in words, for screen readers. */
function describe(title: string, history: readonly RoundPoint[], measure: Measure): string {
  const values = history.flatMap(({ round, shared }) =>
    shared === undefined
      ? []
      : [
          `${round}: ${measure === "accuracy" ? formatPercent(shared.accuracy) : shared.loss.toFixed(2)}`,
        ],
  );
  return values.length === 0
    ? `${title} by round: none yet`
    : `${title} of the shared model by round: ${values.join(", ")}`;
}
