import type { LayerOperation } from "../compile/layer-node.ts";
import { NO_OPERATIONS, type FusedLayer, type LayerContext } from "./layer.ts";

/**
 * Builds a layer that says for each moment of a sequence whether it counts: 1 where any of its
 * values differs from a number, and 0 elsewhere.
 */
export function maskLayer({
  kernels,
  operation: { value },
  inputs: [input],
  output,
}: LayerContext<Extract<LayerOperation, { kind: "mask" }>>): FusedLayer {
  const width = input.size / output.size;
  const padding = Math.fround(value);
  return {
    operations: NO_OPERATIONS,
    forward(count) {
      const values = kernels.values(input.values, count * input.size);
      const flags = kernels.values(output.values, count * output.size).fill(0);
      for (let i = 0; i < values.length; i++) {
        if (values[i] !== padding) flags[Math.floor(i / width)] = 1;
      }
    },
    backward(count) {
      // No small change of a value changes whether it counts.
      if (input.gradient !== 0) kernels.fill(input.gradient, count * input.size, 0);
    },
  };
}
