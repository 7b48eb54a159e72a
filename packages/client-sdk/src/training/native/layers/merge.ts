import type { LayerOperation } from "../../fused/compile/layer-node.ts";
import { arithmeticOf } from "../onnx/arithmetic.ts";
import { asRows, ordered, rowsOf, sumOf } from "./graph-value.ts";
import type { LayerContext, LayerGraph } from "./layer-graph.ts";

/** Writes the same values under another shape. */
export function reshapeGraph({ graph, inputs: [input], shape }: LayerContext): LayerGraph {
  return {
    output: rowsOf(graph, asRows(graph, input).name, shape),
    backward: (dy) => [rowsOf(graph, asRows(graph, dy).name, input.shape)],
  };
}

/** Writes the sum of all inputs. */
export function addGraph({ graph, inputs }: LayerContext): LayerGraph {
  return { output: sumOf(graph, inputs), backward: (dy) => inputs.map(() => dy) };
}

/** Writes the product of all inputs, value by value. */
export function multiplyGraph({ graph, inputs }: LayerContext): LayerGraph {
  const { multiply } = arithmeticOf(graph);
  const rows = inputs.map((input) => asRows(graph, input));
  const product = (names: readonly string[]): string => names.reduce((a, b) => multiply(a, b));
  const names = rows.map(({ name }) => name);
  return {
    output: { ...rows[0]!, name: product(names) },
    backward(gradient) {
      const dy = asRows(graph, gradient).name;
      // The derivative with respect to one input is the product of the others.
      return rows.map((input, place) => ({
        ...{ ...input, name: product([dy, ...names.filter((_, other) => other !== place)]) },
      }));
    },
  };
}

/** Writes every value times a factor, plus a term, one of each for every channel. */
export function scaleGraph({
  graph,
  operation: { factors, terms },
  inputs: [x],
}: LayerContext<Extract<LayerOperation, { kind: "scale" }>>): LayerGraph {
  const { add, multiply } = arithmeticOf(graph);
  const shape = x.order === "planes" ? [factors.length, 1, 1] : [factors.length];
  const factor = graph.floats(factors, shape);
  const output = { ...x, name: add(multiply(x.name, factor), graph.floats(terms, shape)) };
  return {
    output,
    backward: (dy) => [{ ...x, name: multiply(ordered(graph, dy, x.order).name, factor) }],
  };
}

/** Writes a ReLU whose slopes below 0 are trained (arXiv:1502.01852). */
export function preluGraph({
  graph,
  operation: { slopes: name, columns },
  inputs: [input],
  parameter,
}: LayerContext<Extract<LayerOperation, { kind: "prelu" }>>): LayerGraph {
  const { multiply, whereAbove, least } = arithmeticOf(graph);
  const slopes = parameter(name);
  // There is a slope for each place along the last axes.
  const inColumns = (values: string): string =>
    graph.op("Reshape", [values, graph.ints([-1, columns])]);
  const slope = inColumns(slopes.name);
  const x = inColumns(asRows(graph, input).name);
  return {
    output: rowsOf(graph, whereAbove(x, 0, x, multiply(x, slope)), input.shape),
    backward(gradient) {
      const dy = inColumns(asRows(graph, gradient).name);
      if (slopes.isTrained) {
        slopes.addGradient({
          write() {
            const below = multiply(dy, least(x, 0));
            const sums = graph.op("ReduceSum", [below, graph.ints([0])], { keepdims: 0 });
            return graph.op("Reshape", [sums, graph.ints(slopes.shape)]);
          },
        });
      }
      return [rowsOf(graph, whereAbove(x, 0, dy, multiply(dy, slope)), input.shape)];
    },
  };
}
