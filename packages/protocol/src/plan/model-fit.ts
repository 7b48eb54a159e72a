import { TributaryError } from "../errors.ts";
import { statedSizes } from "../model/stated-sizes.ts";
import type { ModelDescription } from "../model/tfjs-model.ts";
import { isOverClasses, valuesOf } from "./contract-values.ts";
import { tokenizerText } from "./contract/text-contract.ts";
import type { TaskDefinition } from "./task-definition.ts";

/**
 * Holds the model of a new task to the task's data contract, as far as the topology states its
 * sizes. Clients hold examples to the model that they have built.
 * @throws TributaryError `TASK_INVALID` when the contract gives another number of values than the
 *   model takes, names another number of classes than the model gives, or has more tokens than the
 *   model tells apart.
 */
export function checkModelFit(
  { examples, plan }: Pick<TaskDefinition, "examples" | "plan">,
  { topology }: ModelDescription,
): void {
  if (examples === null) return;
  const { inputs, outputs } = statedSizes(topology);
  const given = valuesOf(examples, plan.loss);
  const isText = examples.type === "text";
  if (inputs !== undefined && inputs !== given.inputs) {
    const unit = `${isText ? "token" : "value"}${given.inputs === 1 ? "" : "s"}`;
    throw misfit(
      `gives ${given.inputs} ${unit}, and the model takes ${inputs}`,
      isText ? "window" : "features",
    );
  }
  // A model may tell more tokens apart than there are.
  if (outputs === undefined || outputs === given.outputs || (isText && outputs > given.outputs))
    return;
  if (examples.type === "text") {
    const tokenizer = tokenizerText(examples.tokenizer);
    throw misfit(
      `has the tokenizer ${tokenizer}, and the model tells ${outputs} apart`,
      "tokenizer",
    );
  }
  const what = isOverClasses(plan.loss)
    ? `names ${given.outputs} classes`
    : "has a label of one value";
  throw misfit(`${what}, and the model gives ${outputs}`, "label");
}

function misfit(clause: string, key: string): TributaryError {
  return new TributaryError("TASK_INVALID", `The task's data contract ${clause}`, {
    remedy: "Change the section `examples` of the task file, or the model.",
    context: { path: `examples.${key}` },
  });
}
