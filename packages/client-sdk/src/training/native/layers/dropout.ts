import type { LayerOperation } from "../../fused/compile/layer-node.ts";
import { arithmeticOf } from "../onnx/arithmetic.ts";
import { ordered } from "./graph-value.ts";
import type { LayerContext, LayerGraph } from "./layer-graph.ts";

/** Writes a dropout, which drops nothing outside of training. */
export function dropoutGraph({
  graph,
  operation,
  inputs: [x],
  training,
  dropped,
}: LayerContext<Extract<LayerOperation, { kind: "dropout" }>>): LayerGraph {
  if (!training) return { output: x, backward: (dy) => [dy] };
  const { multiply } = arithmeticOf(graph);
  const factors = ordered(graph, dropped(operation.rate, x.shape), x.order).name;
  return {
    output: { ...x, name: multiply(x.name, factors) },
    backward: (dy) => [{ ...x, name: multiply(ordered(graph, dy, x.order).name, factors) }],
  };
}

/** Writes a dropout that drops the same channels at every moment of a sequence. */
export function momentDropoutGraph({
  graph,
  operation,
  inputs: [input],
  training,
  dropped,
}: LayerContext<Extract<LayerOperation, { kind: "momentDropout" }>>): LayerGraph {
  if (!training) return { output: input, backward: (dy) => [dy] };
  const { multiply } = arithmeticOf(graph);
  const x = ordered(graph, input, "rows");
  const channels = dropped(operation.rate, [x.shape.at(-1)!]);
  const factors = graph.op("Unsqueeze", [channels.name, graph.ints([1])]);
  return {
    output: { ...x, name: multiply(x.name, factors) },
    backward: (dy) => [{ ...x, name: multiply(ordered(graph, dy, "rows").name, factors) }],
  };
}
