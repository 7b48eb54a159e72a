import { NO_OPERATIONS, type FusedLayer, type LayerContext } from "./layer.ts";

/**
 * Builds a layer that adds up its inputs, from the first to the last. Residual connections end in
 * such a layer. All inputs have the same shape.
 */
export function addLayer({
  kernels,
  inputs,
  output,
}: Pick<LayerContext, "kernels" | "inputs" | "output">): FusedLayer {
  const [first, ...rest] = inputs;
  return {
    operations: NO_OPERATIONS,
    forward(count) {
      kernels.copy(first.values, output.values, count * output.size);
      for (const { values } of rest) kernels.add(values, output.values, count * output.size);
    },
    backward(count) {
      // The derivative of a sum with respect to each of its terms is 1. Each input has a place of
      // its own for its part of the gradient; see `withBranches` in network/node-places.ts.
      for (const { gradient } of inputs) {
        if (gradient !== 0) kernels.copy(output.gradient, gradient, count * output.size);
      }
    },
  };
}
