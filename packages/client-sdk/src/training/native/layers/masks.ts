import { shapeSize } from "@tributary/protocol";
import type { LayerOperation } from "../../fused/compile/layer-node.ts";
import { arithmeticOf } from "../onnx/arithmetic.ts";
import { asRows, asVectors, rowsOf, type GraphValue } from "./graph-value.ts";
import type { LayerContext, LayerGraph } from "./layer-graph.ts";

/** Writes 1 for each moment in which any value differs from a number, and 0 for the others. */
export function maskGraph({
  graph,
  operation: { value },
  inputs: [input],
  shape,
}: LayerContext<Extract<LayerOperation, { kind: "mask" }>>): LayerGraph {
  const moments = shapeSize(shape);
  const width = shapeSize(input.shape) / moments;
  const values = graph.op("Reshape", [asVectors(graph, input), graph.ints([-1, moments, width])]);
  const differs = graph.op("Not", [graph.op("Equal", [values, graph.scalar(value)])]);
  // 1 is the type FLOAT.
  const flags = graph.op("Cast", [differs], { to: 1 });
  const any = graph.op("ReduceMax", [flags, graph.ints([2])], { keepdims: 0 });
  // No small change of a value changes whether it counts, so nothing goes back.
  return { output: rowsOf(graph, any, shape), backward: () => [] };
}

/** Writes the mean of those moments of a sequence that count. Where none does, it is zero. */
export function countedMeanGraph({ graph, inputs, shape }: LayerContext): LayerGraph {
  const { divide, most, sum } = arithmeticOf(graph);
  const [input, mask] = inputs as readonly [GraphValue, GraphValue];
  const flags = asRows(graph, mask).name;
  // The share of each moment, [batch, 1, moments].
  const shares = graph.op("Unsqueeze", [divide(flags, most(sum(flags, [1]), 1)), graph.ints([1])]);
  const mean = graph.op("MatMul", [shares, asRows(graph, input).name]);
  return {
    output: rowsOf(graph, mean, shape),
    backward(gradient) {
      const each = graph.op("Transpose", [shares], { perm: [0, 2, 1] });
      const dy = graph.op("Unsqueeze", [asRows(graph, gradient).name, graph.ints([1])]);
      return [{ ...input, name: graph.op("MatMul", [each, dy]), order: "rows" }];
    },
  };
}
