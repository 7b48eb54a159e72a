// Which parts of the flat parameter vector a plan trains. The rest stays frozen, and no update
// carries it.
import { TributaryError } from "../errors.ts";
import type { ParameterLayout } from "./parameter-layout.ts";
import type { ValueRange } from "./value-ranges.ts";

/**
 * Finds the runs of values that a plan trains. A layer owns the parameters whose names begin with
 * `layer/`.
 * @param trainable - `all`, or the names of the layers to train.
 * @returns Ascending, disjoint ranges. Ranges that touch are merged.
 * @throws TributaryError `PLAN_INVALID` when no layer is named, or one that the model does not
 * have.
 */
export function trainableRanges(
  layout: ParameterLayout,
  trainable: "all" | readonly string[],
): readonly ValueRange[] {
  if (trainable === "all") return [{ offset: 0, length: layout.size }];
  const chosen = new Set<number>();
  for (const layer of new Set(trainable)) {
    let known = false;
    layout.parameters.forEach((parameter, index) => {
      if (!parameter.name.startsWith(`${layer}/`)) return;
      known = true;
      chosen.add(index);
    });
    if (!known) throw unknownLayer(layout, layer);
  }
  if (chosen.size === 0) {
    throw new TributaryError("PLAN_INVALID", "The plan trains no layer", {
      remedy: `Use "all" or some of ${layerNames(layout).join(", ")}.`,
    });
  }
  const ranges: { offset: number; length: number }[] = [];
  layout.parameters.forEach((parameter, index) => {
    if (!chosen.has(index)) return;
    const last = ranges.at(-1);
    if (last !== undefined && last.offset + last.length === parameter.offset) {
      last.length += parameter.size;
    } else {
      ranges.push({ offset: parameter.offset, length: parameter.size });
    }
  });
  return ranges;
}

/**
 * The names of the layers that have parameters, in the model's order. A layer's name is that of its
 * parameter up to the first `/`.
 */
export function layerNames(layout: ParameterLayout): readonly string[] {
  return [...new Set(layout.parameters.map(({ name }) => name.split("/", 1)[0] ?? name))];
}

/**
 * The error for a layer that the model does not have. The name may come from a stranger, so it is
 * cut.
 */
function unknownLayer(layout: ParameterLayout, layer: string): TributaryError {
  const shown = layer.slice(0, 120);
  return new TributaryError(
    "PLAN_INVALID",
    `The plan trains the layer ${JSON.stringify(shown)}, which the model does not have`,
    {
      remedy: `Use "all" or some of ${layerNames(layout).join(", ")}.`,
      context: { layer: shown },
    },
  );
}
