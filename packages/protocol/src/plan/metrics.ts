import { overClasses } from "./bases/confusion.ts";
import type { BasisValues } from "./bases/basis.ts";
import type { BasisName } from "./bases/basis-table.ts";
import { explainedShare, rootMeanSquare } from "./bases/residuals.ts";
import { areaUnderCurve } from "./bases/score-histogram.ts";
import { perplexityOf } from "./bases/surprise.ts";
import { labelsOf, type LabelKind, type LossName } from "./losses.ts";

/** What both sides know about a metric. */
interface MetricDefinition {
  /** One sentence for people. */
  readonly meaning: string;
  /** Whether a model is better the higher it is. */
  readonly isBetterHigher: boolean;
  /** The highest value that it can have. None but R² can be below 0. */
  readonly most: number;
  /** The labels that it is made for; any if left out. */
  readonly labels?: readonly LabelKind[];
  /**
   * How it is computed from sums over all clients. A metric without this is a mean over examples:
   * clients compute it as they please, and a round has the mean of what they report.
   */
  readonly sums?: {
    readonly basis: BasisName;
    /** @param width - See `Basis.length`. */
    readonly value: (values: BasisValues, width: number) => number;
  };
}

const OF_ANSWERS: readonly LabelKind[] = ["classes", "classIndices", "probabilities"];

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
  precision: {
    meaning:
      "Of the answers that name a class, the share that is right: of yes, or the mean over classes.",
    isBetterHigher: true,
    most: 1,
    labels: OF_ANSWERS,
    sums: { basis: "confusion", value: overClasses("precision") },
  },
  recall: {
    meaning:
      "Of the examples of a class, the share that the model finds: of yes, or the mean over classes.",
    isBetterHigher: true,
    most: 1,
    labels: OF_ANSWERS,
    sums: { basis: "confusion", value: overClasses("recall") },
  },
  f1: {
    meaning: "Harmonic mean of precision and recall: of yes, or the mean over classes.",
    isBetterHigher: true,
    most: 1,
    labels: OF_ANSWERS,
    sums: { basis: "confusion", value: overClasses("f1") },
  },
  auc: {
    meaning:
      "Area under the ROC curve, from 128 bins of scores: of yes, or the mean of each class against the rest.",
    isBetterHigher: true,
    most: 1,
    labels: OF_ANSWERS,
    sums: { basis: "scores", value: areaUnderCurve },
  },
  perplexity: {
    meaning: "e to the mean of −ln p, where p is the probability that the right class was given.",
    isBetterHigher: false,
    most: 1e7,
    labels: ["classes", "classIndices"],
    sums: { basis: "surprise", value: perplexityOf },
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
  rootMeanSquaredError: {
    meaning: "Root of the mean of the squared differences of outputs and labels.",
    isBetterHigher: false,
    most: Infinity,
    labels: ["numbers"],
    sums: { basis: "residuals", value: rootMeanSquare },
  },
  rSquared: {
    meaning:
      "Share of the labels' variance that the outputs explain; below 0 for less than a mean.",
    isBetterHigher: true,
    most: 1,
    labels: ["numbers"],
    sums: { basis: "residuals", value: explainedShare },
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

/** What a model is measured by under a plan, in order: the loss, then what the plan names. */
export function measuresOf(metrics: readonly MetricName[]): readonly MeasureName[] {
  return [...new Set<MeasureName>(["loss", ...metrics])];
}

/** The measures of which a report has its mean: those that are not computed from sums. */
export function measuresToReport(metrics: readonly MetricName[]): readonly MeasureName[] {
  return measuresOf(metrics).filter((name) => name === "loss" || sumsOf(name) === undefined);
}

/** How a metric is computed from sums over clients; undefined when it is a mean over examples. */
export function sumsOf(metric: MetricName): MetricDefinition["sums"] {
  const definition: MetricDefinition = METRICS[metric];
  return definition.sums;
}

/** The highest value that a measure can have. */
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

/** Finds the first metric that is not made for a loss, such as R² with a crossentropy. */
export function unsuitableMetric(
  metrics: readonly MetricName[],
  loss: LossName,
): MetricName | undefined {
  return metrics.find((name) => {
    const { labels }: MetricDefinition = METRICS[name];
    return labels !== undefined && !labels.includes(labelsOf(loss));
  });
}
