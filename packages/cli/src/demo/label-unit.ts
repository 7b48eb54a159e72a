import type { TaskDefinition } from "@tributary/protocol";
import type { Metrics } from "./demo-observer.ts";

/** How far a model is off, in the unit of the label. */
export interface LabelErrors {
  readonly meanAbsolute: number | undefined;
  readonly rootMeanSquared: number | undefined;
}

/**
 * The errors of a model that predicts numbers, in the unit in which the table has them: under a data
 * contract that scales the label, the model's own metrics are in the scaled unit.
 */
export function errorsInLabelUnit(
  { meanAbsoluteError, meanSquaredError, rootMeanSquaredError }: Metrics,
  { examples }: TaskDefinition,
): LabelErrors {
  const unit = unitOf(examples);
  const root =
    rootMeanSquaredError ??
    (meanSquaredError === undefined ? undefined : Math.sqrt(meanSquaredError));
  return {
    meanAbsolute: meanAbsoluteError === undefined ? undefined : meanAbsoluteError * unit,
    rootMeanSquared: root === undefined ? undefined : root * unit,
  };
}

/** What a distance of 1 in the model's output is in the label's unit. */
function unitOf(contract: TaskDefinition["examples"]): number {
  const scaling = contract?.type === "text" ? undefined : contract?.label.scaling;
  switch (scaling?.method) {
    case "standard":
      return scaling.deviation;
    case "minMax":
      return scaling.maximum - scaling.minimum;
    default:
      return 1;
  }
}
