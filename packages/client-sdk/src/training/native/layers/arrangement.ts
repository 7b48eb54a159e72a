import { shapeSize } from "@tributary/protocol";
import type { Copy, LayerOperation } from "../../fused/compile/layer-node.ts";
import type { GraphWriter } from "../onnx/graph-writer.ts";
import { asPlanes, asVectors, rowsOf, type GraphValue } from "./graph-value.ts";
import type { LayerContext, LayerGraph } from "./layer-graph.ts";

/**
 * Writes values that are copied from the inputs. Each value of the output has the number of its
 * source among all values of the inputs, or none; backwards, each of those adds up the gradients of
 * its copies.
 */
export function arrangementGraph({
  graph,
  operation: { copies },
  inputs,
  shape,
}: LayerContext<Extract<LayerOperation, { kind: "arrange" }>>): LayerGraph {
  const sizes = inputs.map((input) => shapeSize(input.shape));
  const begins = sizes.map((_, index) =>
    sizes.slice(0, index).reduce((sum, size) => sum + size, 0),
  );
  const size = shapeSize(shape);
  const all = sizes.reduce((sum, one) => sum + one, 0);
  const sources = new Array<number>(size).fill(all);
  for (const copy of copies) {
    for (const [from, to] of placesOf(copy)) sources[to] = begins[copy.input]! + from;
  }
  const vectors = inputs.map((input) => asVectors(graph, input));
  return {
    output: rowsOf(graph, gathered(graph, vectors, all, sources, [size]), shape),
    backward(gradient, needed) {
      const copiesOf = Array.from({ length: all }, (): number[] => []);
      sources.forEach((source, place) => copiesOf[source]?.push(place));
      const dy = asVectors(graph, gradient);
      return inputs.map((input, index) => {
        if (needed[index] !== true) return undefined;
        const own = copiesOf.slice(begins[index], begins[index]! + sizes[index]!);
        const most = Math.max(1, ...own.map(({ length }) => length));
        const places = own.flatMap((list) =>
          Array.from({ length: most }, (_, copy) => list[copy] ?? size),
        );
        const parts = gathered(graph, [dy], size, places, [own.length, most]);
        const axes = graph.ints([2]);
        const sums = graph.op("ReduceSum", [parts, axes], { keepdims: 0 });
        return rowsOf(graph, sums, input.shape);
      });
    },
  };
}

/**
 * Writes the values with some numbers, for each example.
 * @param end - How many values there are; as a number it stands for a zero.
 * @param shape - The shape in which the numbers lie.
 */
function gathered(
  graph: GraphWriter,
  vectors: readonly string[],
  end: number,
  numbers: readonly number[],
  shape: readonly number[],
): string {
  const joined = vectors.length === 1 ? vectors[0]! : graph.op("Concat", vectors, { axis: 1 });
  const values = numbers.includes(end)
    ? graph.op("Pad", [joined, graph.ints([0, 0, 0, 1])])
    : joined;
  return graph.op("Gather", [values, graph.ints(numbers, shape)], { axis: 1 });
}

/** Gives where each value of a copy comes from, and where it goes. */
function* placesOf({ sizes, from, to }: Copy): Iterable<readonly [from: number, to: number]> {
  for (let outer = 0; outer < sizes[0]; outer++) {
    for (let middle = 0; middle < sizes[1]; middle++) {
      for (let inner = 0; inner < sizes[2]; inner++) {
        const at = ({ offset, strides }: Copy["from"]): number =>
          offset + outer * strides[0] + middle * strides[1] + inner * strides[2];
        yield [at(from), at(to)];
      }
    }
  }
}

/** Writes zeros around images. They have no gradient, so the way backwards cuts them off again. */
export function zeroPaddingGraph({
  graph,
  operation: { vertical, horizontal },
  inputs: [input],
  shape,
}: LayerContext<Extract<LayerOperation, { kind: "zeroPadding" }>>): LayerGraph {
  const x = asPlanes(graph, input);
  const [before, after] = [
    [vertical[0], horizontal[0]],
    [vertical[1], horizontal[1]],
  ] as const;
  const padding = graph.ints([0, 0, ...before, 0, 0, ...after]);
  const output: GraphValue = { name: graph.op("Pad", [x.name, padding]), shape, order: "planes" };
  return {
    output,
    backward(gradient) {
      const dy = asPlanes(graph, gradient).name;
      // An end is counted from the end of the axis, and the largest number stands for that itself.
      const ends = after.map((size) => (size === 0 ? Number.MAX_SAFE_INTEGER : -size));
      const axes = graph.ints([2, 3]);
      const cut = graph.op("Slice", [dy, graph.ints(before), graph.ints(ends), axes]);
      return [{ ...x, name: cut }];
    },
  };
}
