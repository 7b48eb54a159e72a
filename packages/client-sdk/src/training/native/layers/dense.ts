import type { LayerOperation } from "../../fused/compile/layer-node.ts";
import { asMatrix, rowsOf } from "./graph-value.ts";
import type { GraphParameter, LayerContext, LayerGraph } from "./layer-graph.ts";
import { shapedParameter } from "./shaped-parameter.ts";

/**
 * Writes y = x·kernel + bias over the last axis. Backwards, the gradient of the kernel is xᵀ·dy,
 * that of the bias is the sum of the rows of dy, and that of the input is dy·kernelᵀ.
 */
export function denseGraph({
  graph,
  operation,
  inputs: [input],
  shape,
  parameter,
}: LayerContext<Extract<LayerOperation, { kind: "dense" }>>): LayerGraph {
  const [width, units] = [input.shape.at(-1)!, shape.at(-1)!];
  const shaped = (name: string, size: readonly number[]): GraphParameter =>
    shapedParameter(graph, parameter(name), size);
  // Parameters of attention have axes for the heads.
  const kernel = shaped(operation.kernel, [width, units]);
  const bias = operation.bias === undefined ? undefined : shaped(operation.bias, [units]);
  const x = asMatrix(graph, input);
  const product = ["Gemm", [x, kernel.name, ...(bias === undefined ? [] : [bias.name])]] as const;
  return {
    output: rowsOf(graph, graph.op(...product), shape),
    backward(gradient, [isNeeded]) {
      const dy = asMatrix(graph, gradient);
      if (kernel.isTrained) {
        kernel.addGradient({
          write: () => graph.op("Gemm", [x, dy], { transA: 1 }),
          descend: (name, rate) =>
            graph.op("Gemm", [x, dy, name], { transA: 1, alpha: { real: -rate } }),
        });
      }
      if (bias?.isTrained === true) {
        bias.addGradient({
          write: () => graph.op("ReduceSum", [dy, graph.ints([0])], { keepdims: 0 }),
        });
      }
      if (!isNeeded) return [];
      return [rowsOf(graph, graph.op("Gemm", [dy, kernel.name], { transB: 1 }), input.shape)];
    },
  };
}
