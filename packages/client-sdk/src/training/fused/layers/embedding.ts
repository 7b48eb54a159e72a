import type { LayerOperation } from "../compile/layer-node.ts";
import { NO_OPERATIONS, type FusedLayer, type LayerContext } from "./layer.ts";

/**
 * Builds a layer that gives a row of a table for each index. Indices cannot be trained, so only the
 * table has a gradient. It is computed for the whole table, and is 0 for rows that no index names.
 */
export function embeddingLayer({
  kernels,
  operation: { table: name, entries },
  inputs: [input],
  output,
  parameter,
}: LayerContext<Extract<LayerOperation, { kind: "embedding" }>>): FusedLayer {
  // The table is [entries, width].
  const table = parameter(name);
  const width = output.shape.at(-1)!;
  const { values, gradient } = output;
  return {
    operations: NO_OPERATIONS,
    forward: (count) =>
      kernels.embed(input.values, table.values, values, count * input.size, width),
    backward(count) {
      // 0 stands for a table that the plan freezes.
      if (table.gradient === 0) return;
      const rows = count * input.size;
      kernels.embedGradient(input.values, gradient, table.gradient, rows, width, entries);
    },
  };
}
