// What the nodes of a model give in a graph. ONNX takes images as planes, one for each channel, and
// the rest of the project as rows of pixels; a value is turned where an operator needs it otherwise.
import { imageOf } from "../../fused/compile/window-shape.ts";
import type { GraphWriter } from "../onnx/graph-writer.ts";

/** A value for each example of a batch, or its gradient. */
export interface GraphValue {
  readonly name: string;
  /** The shape for one example, whose last size is the number of channels. */
  readonly shape: readonly number[];
  /**
   * Whether it lies as `rows`, [batch, ...shape], or as `planes`, [batch, channels, height, width].
   */
  readonly order: "rows" | "planes";
}

/** @returns A value as rows. */
export function asRows(graph: GraphWriter, { name, shape, order }: GraphValue): GraphValue {
  if (order === "rows") return { name, shape, order };
  const turned = graph.op("Transpose", [name], { perm: [0, 2, 3, 1] });
  return { name: reshaped(graph, turned, shape, shape.length !== 3), shape, order: "rows" };
}

/** @returns A value as planes. A sequence is an image of one row, and channels alone are one pixel. */
export function asPlanes(graph: GraphWriter, { name, shape, order }: GraphValue): GraphValue {
  if (order === "planes") return { name, shape, order };
  const pixels = shape.length === 1 ? [1, 1, ...shape] : imageOf(shape);
  const image = reshaped(graph, name, pixels, shape.length !== 3);
  const turned = graph.op("Transpose", [image], { perm: [0, 3, 1, 2] });
  return { name: turned, shape, order: "planes" };
}

/** @returns A value in the order of another one. */
export function ordered(
  graph: GraphWriter,
  value: GraphValue,
  order: GraphValue["order"],
): GraphValue {
  return order === "rows" ? asRows(graph, value) : asPlanes(graph, value);
}

/** @returns A value as a matrix with rows of its last size. */
export function asMatrix(graph: GraphWriter, value: GraphValue): string {
  const { name, shape } = asRows(graph, value);
  return reshaped(graph, name, [shape.at(-1)!], shape.length !== 1);
}

/** @returns A value with a row for each example. */
export function asVectors(graph: GraphWriter, value: GraphValue): string {
  const { name, shape } = asRows(graph, value);
  const size = shape.reduce((product, length) => product * length, 1);
  return reshaped(graph, name, [size], shape.length !== 1);
}

/** @returns Rows of a shape, made of values that lie in the same order under another one. */
export function rowsOf(graph: GraphWriter, name: string, shape: readonly number[]): GraphValue {
  return { name: reshaped(graph, name, shape, true), shape, order: "rows" };
}

/** @returns The sum of values of one shape. */
export function sumOf(graph: GraphWriter, values: readonly GraphValue[]): GraphValue {
  const [first, ...rest] = values as [GraphValue, ...GraphValue[]];
  return rest.reduce((sum, value) => {
    const { name } = ordered(graph, value, sum.order);
    return { ...sum, name: graph.op("Add", [sum.name, name]) };
  }, first);
}

function reshaped(
  graph: GraphWriter,
  name: string,
  shape: readonly number[],
  isNeeded: boolean,
): string {
  return isNeeded ? graph.op("Reshape", [name, graph.ints([-1, ...shape])]) : name;
}
