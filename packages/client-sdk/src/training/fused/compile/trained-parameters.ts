import {
  TributaryError,
  trainableRanges,
  type Parameter,
  type ParameterLayout,
  type Plan,
} from "@tributary/protocol";
import { statisticsOf, type CompiledModel } from "./layer-node.ts";

/**
 * Finds the parameters that a plan trains. Statistics are none of them, whatever the plan says: no
 * gradient moves them.
 * @returns Their names.
 * @throws TributaryError `PLAN_INVALID` when the plan trains nothing, or a layer that the model does
 *   not have.
 */
export function trainedParameters(
  plan: Plan,
  { nodes }: Pick<CompiledModel, "nodes">,
  layout: ParameterLayout,
): ReadonlySet<string> {
  const statistics = new Set(nodes.flatMap(({ operation }) => statisticsOf(operation)));
  const ranges = trainableRanges(layout, plan.training.trainable);
  const isTrained = ({ name, offset }: Parameter): boolean =>
    !statistics.has(name) &&
    ranges.some((range) => offset >= range.offset && offset < range.offset + range.length);
  const names = layout.parameters.filter(isTrained).map(({ name }) => name);
  if (names.length === 0) {
    throw new TributaryError("PLAN_INVALID", "The plan trains nothing that has a gradient", {
      remedy: "Name layers with kernels or embeddings as trainable.",
    });
  }
  return new Set(names);
}
