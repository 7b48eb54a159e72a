import type { LayerOperation } from "../../fused/compile/layer-node.ts";
import { arithmeticOf } from "../onnx/arithmetic.ts";
import { softmaxGradient } from "./activation.ts";
import { asRows, rowsOf, type GraphValue } from "./graph-value.ts";
import type { LayerContext, LayerGraph } from "./layer-graph.ts";

/** What a moment adds to the score of one that it must not attend to. */
const HIDDEN = -1e30;

/**
 * Writes the attention of several heads (arXiv:1706.03762, section 3.2): for each head, y =
 * softmax(Q · Kᵀ / √size) · V. A head is some neighbouring columns of the queries, keys and values.
 */
export function attentionGraph({
  graph,
  operation: { heads, causal, dropout },
  inputs,
  shape,
  training,
  dropped,
}: LayerContext<Extract<LayerOperation, { kind: "attention" }>>): LayerGraph {
  const math = arithmeticOf(graph);
  const [queries, keys, values] = inputs as readonly [GraphValue, GraphValue, GraphValue];
  const [moments, others] = [queries.shape[0]!, keys.shape[0]!];
  const scale = 1 / Math.sqrt(queries.shape[1]! / heads);
  /** [batch, heads, moments, size of a head]. */
  const split = (value: GraphValue): string => {
    const [length, width] = value.shape as [number, number];
    const columns = graph.ints([-1, length, heads, width / heads]);
    const parted = graph.op("Reshape", [asRows(graph, value).name, columns]);
    return graph.op("Transpose", [parted], { perm: [0, 2, 1, 3] });
  };
  const joined = (parts: string, whole: readonly number[]): GraphValue =>
    rowsOf(graph, graph.op("Transpose", [parts], { perm: [0, 2, 1, 3] }), whole);
  const turned = (parts: string): string => graph.op("Transpose", [parts], { perm: [0, 1, 3, 2] });
  const product = (a: string, b: string): string => graph.op("MatMul", [a, b]);
  const [q, k, v] = [split(queries), split(keys), split(values)];
  const hidden = Array.from({ length: moments * others }, (_, place) =>
    place % others > Math.floor(place / others) ? HIDDEN : 0,
  );
  const scaled = math.multiply(product(q, turned(k)), scale);
  const scores = causal ? math.add(scaled, graph.floats(hidden, [moments, others])) : scaled;
  const weights = graph.op("Softmax", [scores], { axis: -1 });
  const factors =
    training && dropout > 0 ? dropped(dropout, [heads, moments, others]).name : undefined;
  const kept = factors === undefined ? weights : math.multiply(weights, factors);
  return {
    output: joined(product(kept, v), shape),
    backward(gradient, needed) {
      const dy = split(gradient);
      const slope = product(dy, turned(v));
      const dropping = factors === undefined ? slope : math.multiply(slope, factors);
      const toScores = math.multiply(softmaxGradient(math, weights, dropping), scale);
      const write = [
        () => joined(product(toScores, k), queries.shape),
        () => joined(product(turned(toScores), q), keys.shape),
        () => joined(product(turned(kept), dy), values.shape),
      ];
      return write.map((one, index) => (needed[index] === true ? one() : undefined));
    },
  };
}
