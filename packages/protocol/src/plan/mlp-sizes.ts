// The sizes of the builtin model `mlp`, which follow from a task's data contract.
import { valuesOf } from "./contract-values.ts";
import type { DataContract } from "./contract/data-contract.ts";
import type { LossName } from "./losses.ts";
import type { StatedModel } from "./model-schema.ts";
import type { ModelSource } from "./task-definition.ts";

/** The sections of a task that decide on the sizes. */
interface Sections {
  readonly examples: DataContract | null;
  readonly plan: { readonly loss: LossName };
}

/** The model with its sizes; undefined if an `mlp` lacks one and there is no data contract. */
export function withSizes(
  model: StatedModel,
  { examples, plan }: Sections,
): ModelSource | undefined {
  if (!isMlp(model)) return model;
  const given = examples === null ? undefined : valuesOf(examples, plan.loss);
  const inputs = model.inputs ?? given?.inputs;
  const outputs = model.outputs ?? given?.outputs;
  return inputs === undefined || outputs === undefined ? undefined : { ...model, inputs, outputs };
}

/** The first size of an `mlp` that is another one than the data contract gives. */
export function sizeFault(
  model: StatedModel,
  { examples, plan }: Sections,
): { readonly key: "inputs" | "outputs"; readonly remedy: string } | undefined {
  if (examples === null || !isMlp(model)) return undefined;
  const given = valuesOf(examples, plan.loss);
  const key = (["inputs", "outputs"] as const).find((one) => model[one] !== given[one]);
  if (key === undefined) return undefined;
  return { key, remedy: `Use ${given[key]}, which the data contract gives, or leave it out.` };
}

const isMlp = (model: StatedModel): model is Extract<StatedModel, { builtin: "mlp" }> =>
  "builtin" in model && model.builtin === "mlp";
