import { shapeSize } from "@tributary/protocol";
import type { LayerOperation } from "../../fused/compile/layer-node.ts";
import { asRows, rowsOf } from "./graph-value.ts";
import type { LayerContext, LayerGraph } from "./layer-graph.ts";

/** Writes a row of a table for each index. Only the table has a gradient. */
export function embeddingGraph({
  graph,
  operation,
  inputs: [input],
  shape,
  parameter,
}: LayerContext<Extract<LayerOperation, { kind: "embedding" }>>): LayerGraph {
  const table = parameter(operation.table);
  const width = shape.at(-1)!;
  // 7 is the type INT64.
  const indices = graph.op("Cast", [asRows(graph, input).name], { to: 7 });
  return {
    output: rowsOf(graph, graph.op("Gather", [table.name, indices], { axis: 0 }), shape),
    backward(dy) {
      if (table.isTrained) {
        table.addGradient({
          write() {
            const rows = graph.op("Reshape", [asRows(graph, dy).name, graph.ints([-1, width])]);
            const places = graph.op("Reshape", [indices, graph.ints([-1, 1])]);
            const zeros = graph.floats(new Float32Array(shapeSize(table.shape)), table.shape);
            return graph.op("ScatterND", [zeros, places, rows], { reduction: "add" });
          },
        });
      }
      return [];
    },
  };
}

/** Writes the rows of a table one after the other, the same ones for every example. */
export function positionsGraph({
  graph,
  operation,
  inputs: [input],
  shape,
  parameter,
}: LayerContext<Extract<LayerOperation, { kind: "positions" }>>): LayerGraph {
  const table = parameter(operation.table);
  const [moments, width] = shape as [number, number];
  const rows = graph.op("Slice", [table.name, graph.ints([0]), graph.ints([moments])]);
  // As many copies as there are examples.
  const first = graph.op("Slice", [
    graph.op("Shape", [input.name]),
    ...[graph.ints([0]), graph.ints([1])],
  ]);
  const whole = graph.op("Concat", [first, graph.ints([moments, width])], { axis: 0 });
  return {
    output: { name: graph.op("Expand", [rows, whole]), shape, order: "rows" },
    backward(dy, [isNeeded]) {
      if (table.isTrained) {
        table.addGradient({
          write() {
            const axes = graph.ints([0]);
            const sums = graph.op("ReduceSum", [asRows(graph, dy).name, axes], { keepdims: 0 });
            // A table may have more rows than the sequence. Nothing comes back to those.
            return graph.op("Pad", [sums, graph.ints([0, 0, operation.entries - moments, 0])]);
          },
        });
      }
      if (isNeeded !== true) return [];
      const zeros = graph.op("ConstantOfShape", [graph.op("Shape", [input.name])]);
      return [{ ...input, name: zeros }];
    },
  };
}
