import type { LayerOperation } from "../compile/layer-node.ts";
import { NO_OPERATIONS, type FusedLayer, type LayerContext } from "./layer.ts";

/**
 * Builds a layer that gives the rows of a table one after the other, the same ones for every example:
 * what is learned of each position of a sequence. The input decides only how many there are.
 */
export function positionsLayer({
  kernels,
  operation,
  inputs: [input],
  output,
  parameter,
}: LayerContext<Extract<LayerOperation, { kind: "positions" }>>): FusedLayer {
  const table = parameter(operation.table);
  const { size, values, gradient } = output;
  const sizes = [1, 1, size] as const;
  const same = { at: table.values, strides: [0, 0, 0, 1] } as const;
  const each = { at: values, strides: [size, 0, 0, 1] } as const;
  return {
    operations: NO_OPERATIONS,
    forward: (count) => kernels.arrange(same, each, sizes, count),
    backward(count) {
      if (input.gradient !== 0) kernels.fill(input.gradient, count * input.size, 0);
      if (table.gradient === 0) return;
      // A table may have more rows than the sequence. Nothing comes back to those.
      kernels.fill(table.gradient, operation.entries * output.shape.at(-1)!, 0);
      kernels.columnSums(gradient, count, size, table.gradient);
    },
  };
}
