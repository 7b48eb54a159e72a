// Values of all moments of a sequence. Within a scan, the values of a moment are columns, [features,
// batch]: a matrix that is multiplied by few columns is read as it lies, and one that few rows are
// multiplied by would be copied each time.
import type { GraphWriter } from "../onnx/graph-writer.ts";

/** @returns Values [batch, moments, features] as [moments, features, batch]. */
export const toColumns = (graph: GraphWriter, rows: string): string =>
  graph.op("Transpose", [rows], { perm: [1, 2, 0] });

/** @returns Values [moments, features, batch] as [batch, moments, features]. */
export const toRows = (graph: GraphWriter, columns: string): string =>
  graph.op("Transpose", [columns], { perm: [2, 0, 1] });

/** @returns The transpose of a matrix. */
export const transposed = (graph: GraphWriter, matrix: string): string =>
  graph.op("Transpose", [matrix], { perm: [1, 0] });

/** @returns Zeros for the examples of [moments, features, batch], as [units, batch]. */
export function zeroColumns(graph: GraphWriter, columns: string, units: number): string {
  const axes = [2, 3].map((axis) => graph.ints([axis]));
  const batch = graph.op("Slice", [graph.op("Shape", [columns]), ...axes]);
  const shape = graph.op("Concat", [graph.ints([units]), batch], { axis: 0 });
  return graph.op("ConstantOfShape", [shape]);
}

/** Writes the sum of state · gradientᵀ over all moments and examples. */
export function sumOfProducts(
  graph: GraphWriter,
  { state, gradient }: { readonly state: string; readonly gradient: string },
): string {
  const matrix = (values: string): string =>
    graph.op("Flatten", [toRows(graph, values)], { axis: 2 });
  return graph.op("Gemm", [matrix(state), matrix(gradient)], { transA: 1 });
}
