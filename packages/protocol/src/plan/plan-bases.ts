import { TributaryError } from "../errors.ts";
import { statedSizes } from "../model/stated-sizes.ts";
import { PROTOCOL_CONSTANTS } from "../protocol-constants.ts";
import type { BasisValues } from "./bases/basis.ts";
import { BASES, type BasisName } from "./bases/basis-table.ts";
import { valuesOf } from "./contract-values.ts";
import { labelsOf, type LossName } from "./losses.ts";
import { sumsOf, type MetricName } from "./metrics.ts";
import type { Plan } from "./plan.ts";

/** What a report must give of one basis. */
export interface BasisForm {
  readonly name: BasisName;
  /** See `Basis.length`. */
  readonly width: number;
  /** The number of values. */
  readonly length: number;
}

/**
 * How wide the answers of a model are: 1 for each output that answers yes or no by itself,
 * otherwise the size of the outputs' last axis.
 */
export function answerWidth(loss: LossName, outputs: number): number {
  return labelsOf(loss) === "probabilities" ? 1 : outputs;
}

/** What the metrics of a plan are computed from, each basis once. */
export function basesOf(metrics: readonly MetricName[], width: number): readonly BasisForm[] {
  const names = metrics.flatMap((name) => sumsOf(name)?.basis ?? []);
  return [...new Set(names)].map((name) => ({ name, width, length: BASES[name].length(width) }));
}

/**
 * The sums that every report on a round of the plan has, beside its means.
 * @throws TributaryError `PLAN_INVALID` when the plan does not say how many classes there are, or
 *   when the sums are too many for a report.
 */
export function basesToReport({ training, model, examples }: Plan): readonly BasisForm[] {
  const { metrics, loss } = training;
  if (metrics.every((name) => sumsOf(name) === undefined)) return [];
  const described = examples && valuesOf(examples, loss).outputs;
  const outputs = statedSizes(model.topology).outputs ?? described;
  if (outputs === undefined) {
    throw invalid(
      "The plan's metrics need the number of the model's outputs, and its model does not state it",
      "End the model in a dense layer, or describe the label in `examples`.",
    );
  }
  const bases = basesOf(metrics, answerWidth(loss, outputs));
  const values = bases.reduce((sum, { length }) => sum + length, 0);
  const most = PROTOCOL_CONSTANTS.maxBasisValues;
  if (values > most) {
    throw invalid(
      `With ${outputs} classes the plan's metrics need ${values} values of a report, ` +
        `and it may have ${most}`,
      "Take auc, or precision, recall and f1, out of the plan's metrics.",
    );
  }
  return bases;
}

/**
 * Computes those of the metrics that are computed from sums.
 * @param bases - The values of each form, of one client or added up over clients.
 */
export function metricsFromBases(
  metrics: readonly MetricName[],
  forms: readonly BasisForm[],
  bases: readonly { readonly name: string; readonly values: BasisValues }[],
): Record<string, number> {
  const computed: Record<string, number> = {};
  for (const metric of metrics) {
    const sums = sumsOf(metric);
    const form = forms.find(({ name }) => name === sums?.basis);
    const values = bases.find(({ name }) => name === sums?.basis)?.values;
    if (sums && form && values) computed[metric] = sums.value(values, form.width);
  }
  return computed;
}

function invalid(message: string, remedy: string): TributaryError {
  return new TributaryError("PLAN_INVALID", message, { remedy, context: { path: "plan.metrics" } });
}
