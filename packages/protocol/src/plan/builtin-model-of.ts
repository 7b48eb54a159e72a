import type { OutputActivation } from "../model/builtin-layers.ts";
import { builtinModel, mlpModel } from "../model/builtin-models.ts";
import { transformerModel } from "../model/char-transformer.ts";
import type { BuiltinModel } from "../model/fresh-model.ts";
import { TributaryError } from "../errors.ts";
import { layoutOf } from "../model/parameter-layout.ts";
import type { RandomSource } from "../random/random-source.ts";
import { labelsOf, type LabelKind } from "./losses.ts";
import { statisticsModel } from "./statistics/statistics-columns.ts";
import type { BuiltinSource, StatisticsSource, TaskDefinition } from "./task-definition.ts";

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
 * @param random - Draws the weights, as for `freshModel`.
 * @throws TributaryError `MODEL_UNSUPPORTED` when the model has too many parameters; `TASK_INVALID`
 *   when there are statistics of a task without a data contract to count.
 */
export function builtinModelOf(
  source: BuiltinSource,
  { plan, examples }: TaskDefinition,
  random: RandomSource,
): BuiltinModel {
  switch (source.builtin) {
    case "statistics":
      return emptyStatistics(source, examples);
    case "char-transformer":
      return transformerModel(source, random);
    case "mlp":
      return mlpModel({ ...source, activation: ACTIVATIONS[labelsOf(plan.loss)] }, random);
    default:
      return builtinModel(source.builtin, random);
  }
}

function emptyStatistics(
  { bins }: StatisticsSource,
  contract: TaskDefinition["examples"],
): BuiltinModel {
  if (contract === null || contract.type === "text") {
    throw new TributaryError("TASK_INVALID", "The task does not say which columns there are", {
      remedy: "Write the section `examples`.",
    });
  }
  const description = statisticsModel(contract, bins);
  return { description, values: new Float32Array(layoutOf(description.parameters).size) };
}
