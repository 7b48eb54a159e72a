import { NO_OPERATIONS, type FusedLayer, type LayerContext } from "./layer.ts";

/** The sum of its inputs, from the first to the last. */
export function addLayer({
  kernels,
  inputs,
  output,
}: Pick<LayerContext, "kernels" | "inputs" | "output">): FusedLayer {
  const copy = (from: number, to: number, size: number): void => {
    kernels.heap().copyWithin(to, from, from + size);
  };
  return {
    operations: NO_OPERATIONS,
    forward(count) {
      const [first, ...rest] = inputs;
      copy(first.values, output.values, count * output.size);
      for (const { values } of rest) kernels.add(values, output.values, count * output.size);
    },
    backward(count) {
      for (const { gradient } of inputs) {
        if (gradient !== 0) copy(output.gradient, gradient, count * output.size);
      }
    },
  };
}
