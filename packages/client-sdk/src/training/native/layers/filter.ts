// The three ways of a filter that moves over images, of which all convolutions are composed.
import { arithmeticOf } from "../onnx/arithmetic.ts";
import type { GraphWriter } from "../onnx/graph-writer.ts";
import { backwardAttributes, filterAttributes, type Windows } from "./windows.ts";

/**
 * Writes the convolution of planes with a kernel [height, width, channels, outputs].
 * @param bias - One value for each output, or none.
 */
export function convolve(
  graph: GraphWriter,
  windows: Windows,
  x: string,
  kernel: string,
  bias: readonly string[] = [],
): string {
  const filter = graph.op("Transpose", [kernel], { perm: [3, 2, 0, 1] });
  return graph.op("Conv", [x, filter, ...bias], filterAttributes(windows));
}

/**
 * Writes the way from the windows back to the images, with the same kernel: the gradient of what was
 * convolved, and the output of a transposed convolution.
 */
export function convolveBack(
  graph: GraphWriter,
  windows: Windows,
  dy: string,
  kernel: string,
  bias: readonly string[] = [],
): string {
  const filter = graph.op("Transpose", [kernel], { perm: [3, 2, 0, 1] });
  return graph.op("ConvTranspose", [dy, filter, ...bias], backwardAttributes(windows));
}

/** With fewer channels than this, products of single weights are too small to be fast. */
const FEW_CHANNELS = 8;

/**
 * Writes the gradient of a kernel [height, width, channels, outputs]: for each of its weights, the
 * sum of x · dy over all windows. For each place of the filter, that is one product of matrices.
 */
export function kernelGradient(
  graph: GraphWriter,
  windows: Windows,
  x: string,
  dy: string,
  [channels, outputs]: readonly [number, number],
): string {
  if (channels < FEW_CHANNELS) return crossedGradient(graph, windows, x, dy);
  const pixels = graph.op("Transpose", [padded(graph, windows, x)], { perm: [0, 2, 3, 1] });
  const slopes = graph.op("Reshape", [examplesWithin(graph, dy), graph.ints([outputs, -1])]);
  const products = tapsOf(windows).map(({ from, to }) => {
    const tap = graph.op("Slice", [
      ...[pixels, graph.ints(from), graph.ints(to), graph.ints([1, 2]), graph.ints(windows.steps)],
    ]);
    return graph.op("Gemm", [slopes, graph.op("Reshape", [tap, graph.ints([-1, channels])])]);
  });
  const turned = graph.op("Transpose", [graph.op("Concat", products, { axis: 1 })], {
    perm: [1, 0],
  });
  return graph.op("Reshape", [turned, graph.ints([...windows.size, channels, outputs])]);
}

/**
 * Writes the same gradient as one convolution of x with dy in which examples and channels change
 * places, and so do the steps of the windows and the gaps of the filter.
 */
function crossedGradient(
  graph: GraphWriter,
  { size, steps, dilation, pads }: Windows,
  x: string,
  dy: string,
): string {
  const sums = graph.op("Conv", [examplesWithin(graph, x), examplesWithin(graph, dy)], {
    ...{ strides: dilation, dilations: steps, pads },
  });
  // There may be more windows than weights, where the last pixels of the image were in none.
  const weights = graph.op("Slice", [
    ...[sums, graph.ints([0, 0]), graph.ints(size), graph.ints([2, 3])],
  ]);
  return graph.op("Transpose", [weights], { perm: [2, 3, 0, 1] });
}

/** Writes planes with the channels first and the examples within each of them. */
function examplesWithin(graph: GraphWriter, planes: string): string {
  return graph.op("Transpose", [planes], { perm: [1, 0, 2, 3] });
}

/** Writes planes with their padding. */
function padded(graph: GraphWriter, { pads }: Windows, planes: string): string {
  if (pads.every((pad) => pad === 0)) return planes;
  const [top, left, bottom, right] = pads;
  return graph.op("Pad", [planes, graph.ints([0, 0, top, left, 0, 0, bottom, right])]);
}

/** For each place of the filter, the first and the last pixels that it lies over, and one more. */
function tapsOf({
  size,
  steps,
  dilation,
  counts,
}: Windows): readonly Readonly<Record<"from" | "to", readonly number[]>>[] {
  return Array.from({ length: size[0] * size[1] }, (_, place) => {
    const from = [Math.floor(place / size[1]) * dilation[0], (place % size[1]) * dilation[1]];
    const to = from.map((first, axis) => first + (counts[axis]! - 1) * steps[axis]! + 1);
    return { from, to };
  });
}

/** Writes the gradient of a bias that was added to each pixel. */
export function biasGradient(graph: GraphWriter, dy: string): string {
  return graph.op("ReduceSum", [dy, graph.ints([0, 2, 3])], { keepdims: 0 });
}

/**
 * Writes the gradient of a kernel [height, width, channels, outputs of each channel] whose channels
 * do not mix: a sum over all windows for each weight.
 */
export function depthwiseKernelGradient(
  graph: GraphWriter,
  windows: Windows,
  x: string,
  dy: string,
  [channels, each]: readonly [number, number],
): string {
  const { multiply } = arithmeticOf(graph);
  const pixels = padded(graph, windows, x);
  const slopes = graph.op("Reshape", [dy, graph.ints([-1, channels, each, ...windows.counts])]);
  const taps = tapsOf(windows).map(({ from, to }) => {
    const tap = graph.op("Slice", [
      ...[pixels, graph.ints(from), graph.ints(to), graph.ints([2, 3]), graph.ints(windows.steps)],
    ]);
    const alone = graph.op("Unsqueeze", [tap, graph.ints([2])]);
    const axes = graph.ints([0, 3, 4]);
    const sum = graph.op("ReduceSum", [multiply(alone, slopes), axes], { keepdims: 0 });
    return graph.op("Unsqueeze", [sum, graph.ints([0])]);
  });
  const all = graph.op("Concat", taps, { axis: 0 });
  return graph.op("Reshape", [all, graph.ints([...windows.size, channels, each])]);
}
