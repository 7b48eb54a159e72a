import type { Address } from "@tributary/protocol";
import type { Course, LayerOperation } from "../compile/layer-node.ts";
import type { Arrangement } from "../kernels/arrangement-kernels.ts";
import { after } from "../kernels/matrix.ts";
import { NO_OPERATIONS, type FusedLayer, type LayerContext } from "./layer.ts";

/**
 * Builds a layer that copies values from its inputs to other places: it joins, cuts, repeats, turns
 * or pads them. Backwards, the gradient of each copy is added to that of the value it was made of.
 */
export function arrangeLayer({
  kernels,
  operation: { copies },
  inputs,
  output,
}: LayerContext<Extract<LayerOperation, { kind: "arrange" }>>): FusedLayer {
  const arrangement = (at: Address, size: number, { offset, strides }: Course): Arrangement => ({
    at: after(at, offset),
    strides: [size, ...strides],
  });
  const made = copies.map(({ input, sizes, from, to }) => {
    const { values, gradient, size } = inputs[input]!;
    return {
      ...{ sizes, hasGradient: gradient !== 0 },
      from: arrangement(values, size, from),
      to: arrangement(output.values, output.size, to),
      dFrom: arrangement(gradient, size, from),
      dTo: arrangement(output.gradient, output.size, to),
    };
  });
  const copied = copies.reduce((sum, { sizes: [i, j, k] }) => sum + i * j * k, 0);
  return {
    operations: NO_OPERATIONS,
    forward(count) {
      // No two copies go to the same place, so their number says whether they fill the output.
      if (copied < output.size) kernels.fill(output.values, count * output.size, 0);
      for (const { from, to, sizes } of made) kernels.arrange(from, to, sizes, count);
    },
    backward(count) {
      for (const { gradient, size } of inputs) {
        if (gradient !== 0) kernels.fill(gradient, count * size, 0);
      }
      for (const { dFrom, dTo, sizes, hasGradient } of made) {
        if (hasGradient) kernels.addArranged(dTo, dFrom, sizes, count);
      }
    },
  };
}
