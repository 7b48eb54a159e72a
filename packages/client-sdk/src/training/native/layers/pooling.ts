import type { LayerOperation } from "../../fused/compile/layer-node.ts";
import { arithmeticOf } from "../onnx/arithmetic.ts";
import { asPlanes } from "./graph-value.ts";
import type { LayerContext, LayerGraph } from "./layer-graph.ts";
import { largestValues, maxPooling } from "./max-pooling.ts";
import { backwardAttributes, windowsOver, type Windows } from "./windows.ts";

/**
 * Writes the largest value of each window and channel, or the mean of its values. Backwards, the
 * first of the largest values gets the whole gradient of its window; behind a mean, every value that
 * lies inside the image gets an equal part.
 */
export function poolingGraph({
  graph,
  operation,
  inputs: [input],
  shape,
  training,
}: LayerContext<Extract<LayerOperation, { kind: "pooling" }>>): LayerGraph {
  const windows = windowsOver(input.shape, operation);
  if (operation.mode === "max") {
    const pooling = { graph, input, shape, windows };
    return training ? maxPooling(pooling) : { output: largestValues(pooling), backward: () => [] };
  }
  const { size, attributes } = windows;
  const x = asPlanes(graph, input);
  const y = graph.op("AveragePool", [x.name], attributes);
  const channels = x.shape.at(-1)!;
  return {
    output: { name: y, shape, order: "planes" },
    backward(gradient) {
      const shares = graph.floats(sharesOf(windows), [1, 1, ...windows.counts]);
      const dy = arithmeticOf(graph).multiply(asPlanes(graph, gradient).name, shares);
      // Each window gives its part to all of its pixels: a filter of ones, for each channel.
      const ones = graph.floats(new Float32Array(channels * size[0] * size[1]).fill(1), [
        ...[channels, 1, ...size],
      ]);
      const back = { ...backwardAttributes(windows), group: channels };
      return [{ ...x, name: graph.op("ConvTranspose", [dy, ones], back) }];
    },
  };
}

/** @returns For each window, 1 divided by how many of its pixels lie inside the image. */
function sharesOf({ image, counts, size, steps, pads }: Windows): number[] {
  const inside = (axis: 0 | 1, index: number): number => {
    const from = index * steps[axis] - pads[axis];
    return Math.min(from + size[axis], image[axis]) - Math.max(from, 0);
  };
  return Array.from({ length: counts[0] * counts[1] }, (_, window) => {
    const [row, column] = [Math.floor(window / counts[1]), window % counts[1]];
    return 1 / (inside(0, row) * inside(1, column));
  });
}
