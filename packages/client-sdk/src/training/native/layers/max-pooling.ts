import { arithmeticOf } from "../onnx/arithmetic.ts";
import type { GraphWriter } from "../onnx/graph-writer.ts";
import { asPlanes, asRows, type GraphValue } from "./graph-value.ts";
import type { LayerGraph } from "./layer-graph.ts";
import type { Windows } from "./windows.ts";

/** Windows of more pixels than this are too many operators. */
const MOST_PIXELS = 9;

/** What maximum pooling is written with. */
interface MaxPooling {
  readonly graph: GraphWriter;
  readonly input: GraphValue;
  /** The shape of the output for one example. */
  readonly shape: readonly number[];
  readonly windows: Windows;
}

/** Writes the largest value of each window and channel, in a pass without training. */
export function largestValues({ graph, input, shape, windows }: MaxPooling): GraphValue {
  const x = asPlanes(graph, input);
  return { name: graph.op("MaxPool", [x.name], windows.attributes), shape, order: "planes" };
}

/**
 * Writes the largest value of each window and channel. Backwards, the first of the largest values
 * gets the whole gradient of its window.
 */
export function maxPooling(pooling: MaxPooling): LayerGraph {
  const { image, counts, size, steps } = pooling.windows;
  const tiles = [0, 1].every(
    (axis) => size[axis] === steps[axis] && image[axis] === counts[axis]! * size[axis]!,
  );
  return tiles && size[0] * size[1] <= MOST_PIXELS ? pooledTiles(pooling) : pooledByPlaces(pooling);
}

/**
 * Writes it for windows that tile the image: each pixel of all windows is compared with their largest
 * values. That takes half as long as MaxPool when it gives the places too.
 */
function pooledTiles({ graph, input, shape, windows }: MaxPooling): LayerGraph {
  const { multiply, subtract } = arithmeticOf(graph);
  const x = asRows(graph, input);
  const [, columns] = windows.counts;
  const [height, width] = windows.size;
  const channels = shape.at(-1)!;
  const tiles = graph.op("Reshape", [
    ...[x.name, graph.ints([-1, height, columns, width, channels])],
  ]);
  const pixels = Array.from({ length: height * width }, (_, pixel) => {
    const from = [Math.floor(pixel / width), pixel % width];
    const to = from.map((first) => first + 1);
    return graph.op("Slice", [tiles, graph.ints(from), graph.ints(to), graph.ints([1, 3])]);
  });
  const largest = graph.op("Max", pixels);
  const reshaped = (name: string, to: readonly number[]): string =>
    graph.op("Reshape", [name, graph.ints([-1, ...to])]);
  return {
    output: { name: reshaped(largest, shape), shape, order: "rows" },
    backward(gradient) {
      let rest = reshaped(asRows(graph, gradient).name, [1, columns, 1, channels]);
      const slopes = pixels.map((pixel, index) => {
        if (index === pixels.length - 1) return rest;
        const isLargest = graph.op("Cast", [graph.op("Equal", [pixel, largest])], { to: 1 });
        const slope = multiply(rest, isLargest);
        rest = subtract(rest, slope);
        return slope;
      });
      const rows = Array.from({ length: height }, (_, row) =>
        graph.op("Concat", slopes.slice(row * width, (row + 1) * width), { axis: 3 }),
      );
      const whole = graph.op("Concat", rows, { axis: 1 });
      return [{ name: reshaped(whole, x.shape), shape: x.shape, order: "rows" }];
    },
  };
}

/** Writes it for all windows, with the places of the largest values in the image. */
function pooledByPlaces({ graph, input, shape, windows }: MaxPooling): LayerGraph {
  const { size, steps, attributes } = windows;
  const x = asPlanes(graph, input);
  const [y, places] = graph.ops("MaxPool", [x.name], attributes, 2) as [string, string];
  return {
    output: { name: y, shape, order: "planes" },
    backward(gradient) {
      const dy = asPlanes(graph, gradient).name;
      const whole = graph.op("Shape", [x.name]);
      if (size[0] <= steps[0] && size[1] <= steps[1]) {
        return [{ ...x, name: graph.op("MaxUnpool", [dy, places, whole], attributes) }];
      }
      // Where windows overlap, a value may be the largest of several.
      const flat = (value: string): string => graph.op("Reshape", [value, graph.ints([-1])]);
      const zeros = graph.op("ConstantOfShape", [graph.op("Shape", [flat(x.name)])]);
      const sums = graph.op("ScatterElements", [zeros, flat(places), flat(dy)], {
        ...{ axis: 0, reduction: "add" },
      });
      return [{ ...x, name: graph.op("Reshape", [sums, whole]) }];
    },
  };
}
