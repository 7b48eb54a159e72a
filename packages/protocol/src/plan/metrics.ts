import { labelsOf, type LossName } from "./losses.ts";

/** What both sides know about a metric. How it is computed is up to the client. */
interface MetricDefinition {
  /** One sentence for people. */
  readonly meaning: string;
  /** Whether a model is better the higher it is. */
  readonly isBetterHigher: boolean;
  /** The highest value that it can have; none can be below 0. */
  readonly most: number;
}

/**
 * The table of metrics that a client can report besides the loss: the one place that lists them.
 */
export const METRICS = {
  accuracy: {
    meaning:
      "Share of examples whose class has the highest output; of outputs that answer yes or no, the share that is right.",
    isBetterHigher: true,
    most: 1,
  },
  meanSquaredError: {
    meaning: "Mean of the squared differences of outputs and labels.",
    isBetterHigher: false,
    most: Infinity,
  },
  meanAbsoluteError: {
    meaning: "Mean of the absolute differences of outputs and labels.",
    isBetterHigher: false,
    most: Infinity,
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;

/** The name of a metric. */
export type MetricName = keyof typeof METRICS;

/** The names of all metrics. */
export const metricNames = Object.keys(METRICS) as readonly MetricName[];

/** What a model is measured by: its loss, which every report has, or one of the plan's metrics. */
export type MeasureName = "loss" | MetricName;

/** The names of all measures. */
export const measureNames: readonly MeasureName[] = ["loss", ...metricNames];

/** What a report on a plan's round is measured by, in order: the loss, then what the plan names. */
export function measuresToReport(metrics: readonly MetricName[]): readonly MeasureName[] {
  return [...new Set<MeasureName>(["loss", ...metrics])];
}

/** The highest value that a measure can have. The lowest is 0, of losses too. */
export function mostOf(measure: MeasureName): number {
  return measure === "loss" ? Infinity : METRICS[measure].most;
}

/** Whether a model is better the higher the measure is. */
export function isBetterHigher(measure: MeasureName): boolean {
  return measure !== "loss" && METRICS[measure].isBetterHigher;
}

/** The metrics of a task whose file names none. */
export function usualMetrics(loss: LossName): MetricName[] {
  return labelsOf(loss) === "numbers" ? [] : ["accuracy"];
}
