import { shapeSize } from "../model/shape-size.ts";
import { featureShapeOf, type DataContract } from "./contract/data-contract.ts";
import { vocabularyOf } from "./contract/text-contract.ts";
import { labelsOf, type LossName } from "./losses.ts";

/** How many values a model takes of an example under a contract, and gives for it. */
export interface ContractValues {
  readonly inputs: number;
  readonly outputs: number;
}

/**
 * Counts the values of a contract's features, and its classes or the one value of its label; or the
 * tokens of a window, and all different tokens.
 */
export function valuesOf(contract: DataContract, loss: LossName): ContractValues {
  if (contract.type === "text") {
    return { inputs: contract.window, outputs: vocabularyOf(contract.tokenizer) };
  }
  const { classes } = contract.label;
  return {
    inputs: shapeSize(featureShapeOf(contract)),
    outputs: isOverClasses(loss) && classes !== undefined ? classes.length : 1,
  };
}

/** Whether a model gives a value for each class. */
export function isOverClasses(loss: LossName): boolean {
  const labels = labelsOf(loss);
  return labels === "classes" || labels === "classIndices";
}
