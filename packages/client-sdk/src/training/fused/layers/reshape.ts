import type { Address } from "@tributary/protocol";
import { NO_OPERATIONS, type FusedLayer, type LayerContext } from "./layer.ts";

/**
 * Builds a layer that gives the same values under another shape. It copies them only where another
 * node reads the input too, so that input and output lie in different places.
 */
export function reshapeLayer({
  kernels,
  inputs: [input],
  output,
}: Pick<LayerContext, "kernels" | "inputs" | "output">): FusedLayer {
  const copy = (from: Address, to: Address, count: number): void => {
    if (from !== to && to !== 0) kernels.copy(from, to, count * output.size);
  };
  return {
    operations: NO_OPERATIONS,
    forward: (count) => copy(input.values, output.values, count),
    backward: (count) => copy(output.gradient, input.gradient, count),
  };
}
