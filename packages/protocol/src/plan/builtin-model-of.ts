import type { OutputActivation } from "../model/builtin-layers.ts";
import { builtinModel, mlpModel, type BuiltinModel } from "../model/builtin-models.ts";
import type { RandomSource } from "../random/random-source.ts";
import { labelsOf, type LabelKind } from "./losses.ts";
import type { BuiltinSource, TaskDefinition } from "./task-definition.ts";

/** What the last layer of an `mlp` has to give, so that the loss can be told of its labels. */
const ACTIVATIONS: Readonly<Record<LabelKind, OutputActivation>> = {
  classes: "softmax",
  classIndices: "softmax",
  probabilities: "sigmoid",
  numbers: "linear",
};

/**
 * Makes the builtin model of a task with fresh weights.
 * @param source - The task's model.
 * @param task - The loss decides what the last layer of an `mlp` does.
 * @param random - Draws the weights, as for `builtinModel`.
 * @throws TributaryError `MODEL_UNSUPPORTED` when the model has too many parameters.
 */
export function builtinModelOf(
  source: BuiltinSource,
  { plan }: TaskDefinition,
  random: RandomSource,
): BuiltinModel {
  if (source.builtin !== "mlp") return builtinModel(source.builtin, random);
  return mlpModel({ ...source, activation: ACTIVATIONS[labelsOf(plan.loss)] }, random);
}
