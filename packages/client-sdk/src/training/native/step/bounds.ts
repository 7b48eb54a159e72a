import type { ParameterBound } from "../../fused/compile/layer-node.ts";
import { arithmeticOf } from "../onnx/arithmetic.ts";
import type { GraphWriter } from "../onnx/graph-writer.ts";

/** Keeps a norm of 0 from being divided by, as in Keras. */
const EPSILON = 1e-7;

/** Writes a parameter of a shape within the bound of its constraint. */
export function boundGraph(
  graph: GraphWriter,
  bound: ParameterBound,
  parameter: string,
  shape: readonly number[],
): string {
  const { add, divide, least, most, multiply, one, square, sum } = arithmeticOf(graph);
  if (bound.kind === "nonNegative") return most(parameter, 0);
  const { columns, low, high, rate } = bound;
  const matrix = graph.op("Reshape", [parameter, graph.ints([-1, columns])]);
  const norm = one("Sqrt", sum(square(matrix), [0]));
  const wanted = add(multiply(least(most(norm, low), high), rate), multiply(norm, 1 - rate));
  const moved = multiply(matrix, divide(wanted, add(norm, EPSILON)));
  return graph.op("Reshape", [moved, graph.ints(shape)]);
}
