import { TributaryError } from "../errors.ts";
import { statedSizes } from "../model/stated-sizes.ts";
import type { ModelDescription } from "../model/tfjs-model.ts";
import { isOverClasses, valuesOf } from "./contract-values.ts";
import type { TaskDefinition } from "./task-definition.ts";

/**
 * Holds the model of a new task to the task's data contract, as far as the topology states its
 * sizes. Clients hold examples to the model that they have built.
 * @throws TributaryError `TASK_INVALID` when the contract gives another number of values than the
 *   model takes, or names another number of classes than the model gives.
 */
export function checkModelFit(
  { examples, plan }: Pick<TaskDefinition, "examples" | "plan">,
  { topology }: ModelDescription,
): void {
  if (examples === null) return;
  const { inputs, outputs } = statedSizes(topology);
  const given = valuesOf(examples, plan.loss);
  if (inputs !== undefined && inputs !== given.inputs) {
    throw misfit(
      `gives ${given.inputs} ${given.inputs === 1 ? "value" : "values"}, and the model takes ${inputs}`,
      "features",
    );
  }
  if (outputs === undefined || outputs === given.outputs) return;
  const what = isOverClasses(plan.loss)
    ? `names ${given.outputs} classes`
    : "has a label of one value";
  throw misfit(`${what}, and the model gives ${outputs}`, "label");
}

function misfit(clause: string, key: "features" | "label"): TributaryError {
  return new TributaryError("TASK_INVALID", `The task's data contract ${clause}`, {
    remedy: "Change the section `examples` of the task file, or the model.",
    context: { path: `examples.${key}` },
  });
}
