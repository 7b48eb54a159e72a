// The sizes of builtin models that follow from a task's data contract.
import { valuesOf } from "./contract-values.ts";
import type { DataContract } from "./contract/data-contract.ts";
import type { LossName } from "./losses.ts";
import { USUAL_TEXT_SIZES, type StatedModel } from "./model-schema.ts";
import type { ModelSource } from "./task-definition.ts";

/** The sections of a task that decide on the sizes. */
interface Sections {
  readonly examples: DataContract | null;
  readonly plan: { readonly loss: LossName };
}

/** A size that may follow from the data contract. */
type SizeKey = "inputs" | "outputs" | "window" | "vocabulary";

/** The model with its sizes; undefined if an `mlp` lacks one and there is no data contract. */
export function withSizes(model: StatedModel, sections: Sections): ModelSource | undefined {
  if (!("builtin" in model)) return model;
  const given = sizesGiven(model, sections);
  switch (model.builtin) {
    case "mlp": {
      const { inputs = given.inputs, outputs = given.outputs } = model;
      return inputs === undefined || outputs === undefined
        ? undefined
        : { ...model, inputs, outputs };
    }
    case "char-transformer":
      return { ...USUAL_TEXT_SIZES, ...given, ...model };
    default:
      return model;
  }
}

/** The first size of a model that is another one than the data contract gives. */
export function sizeFault(
  model: ModelSource,
  sections: Sections,
): { readonly key: SizeKey; readonly remedy: string } | undefined {
  const stated = model as Partial<Record<SizeKey, number>>;
  const given = Object.entries(sizesGiven(model, sections)) as [SizeKey, number][];
  const fault = given.find(([key, size]) => stated[key] !== size);
  if (fault === undefined) return undefined;
  const [key, size] = fault;
  return { key, remedy: `Use ${size}, which the data contract gives, or leave it out.` };
}

/** The sizes that the data contract gives to a model. */
function sizesGiven(
  model: StatedModel,
  { examples, plan }: Sections,
): Partial<Record<SizeKey, number>> {
  if (examples === null || !("builtin" in model)) return {};
  const { inputs, outputs } = valuesOf(examples, plan.loss);
  if (model.builtin === "mlp") return { inputs, outputs };
  const isText = model.builtin === "char-transformer" && examples.type === "text";
  return isText ? { window: inputs, vocabulary: outputs } : {};
}
