import type { LayerOperation } from "../../fused/compile/layer-node.ts";
import { arithmeticOf, type Arithmetic } from "../onnx/arithmetic.ts";
import type { GraphWriter } from "../onnx/graph-writer.ts";
import { asRows, ordered, rowsOf, type GraphValue } from "./graph-value.ts";
import type { GraphParameter, LayerContext, LayerGraph } from "./layer-graph.ts";

/**
 * Writes what brings every channel to mean 0 and variance 1. A training step takes mean and variance
 * from the batch and moves the moving averages towards them; every other pass takes the averages.
 */
export function batchNormGraph({
  graph,
  operation,
  inputs: [x],
  training,
  parameter,
}: LayerContext<Extract<LayerOperation, { kind: "batchNorm" }>>): LayerGraph {
  const math = arithmeticOf(graph);
  const { subtract, multiply } = math;
  const axes = axesOf(x);
  // Channels lie along the last axis of rows, and before height and width in planes.
  const spread = (channels: string): string =>
    x.order === "rows" ? channels : graph.op("Unsqueeze", [channels, graph.ints([1, 2])]);
  const takesBatch = training && operation.isTrained;
  const averages = { mean: parameter(operation.mean), variance: parameter(operation.variance) };
  const follow = (average: GraphParameter, batch: string): void => {
    const flat = graph.op("Reshape", [batch, graph.ints(average.shape)]);
    const share = Math.fround(1 - operation.momentum);
    average.become(subtract(average.name, multiply(subtract(average.name, flat), share)));
  };
  const mean = takesBatch ? math.mean(x.name, axes) : spread(averages.mean.name);
  const distance = subtract(x.name, mean);
  const variance = takesBatch
    ? math.mean(math.square(distance), axes)
    : spread(averages.variance.name);
  if (takesBatch) {
    follow(averages.mean, mean);
    follow(averages.variance, variance);
  }
  const inverse = inverseOf(math, variance, operation.epsilon);
  const normal = multiply(distance, inverse);
  const scaling = scalingOf({ graph, operation, parameter }, spread);
  return {
    output: { ...x, name: scaling.apply(normal) },
    backward(gradient) {
      const dy = ordered(graph, gradient, x.order).name;
      scaling.giveGradients(dy, normal, axes);
      const slope = scaling.slope(dy);
      // Averages that do not come from the batch do not change with the input.
      const dx = takesBatch
        ? normalGradient(math, slope, normal, inverse, axes)
        : multiply(slope, inverse);
      return [{ ...x, name: dx }];
    },
  };
}

/** Writes what brings every group of channels of an example, or of a pixel, to mean 0 and variance 1. */
export function groupNormGraph({
  graph,
  operation,
  inputs: [input],
  shape,
  parameter,
}: LayerContext<Extract<LayerOperation, { kind: "groupNorm" }>>): LayerGraph {
  const math = arithmeticOf(graph);
  const channels = shape.at(-1)!;
  const { groups, overPixels, epsilon } = operation;
  const pixels = shape.reduce((product, size) => product * size, 1) / channels;
  const grouped = graph.ints([-1, pixels, groups, channels / groups]);
  const inGroups = (rows: string): string => graph.op("Reshape", [rows, grouped]);
  const flat = (values: string): string =>
    graph.op("Reshape", [values, graph.ints([-1, pixels, channels])]);
  const axes = overPixels ? [1, 3] : [3];
  const x = inGroups(asRows(graph, input).name);
  const distance = math.subtract(x, math.mean(x, axes));
  const inverse = inverseOf(math, math.mean(math.square(distance), axes), epsilon);
  const normal = math.multiply(distance, inverse);
  const scaling = scalingOf({ graph, operation, parameter }, (values) => values);
  return {
    output: rowsOf(graph, scaling.apply(flat(normal)), shape),
    backward(gradient) {
      const dy = flat(asRows(graph, gradient).name);
      scaling.giveGradients(dy, flat(normal), [0, 1]);
      const slope = inGroups(scaling.slope(dy));
      return [rowsOf(graph, normalGradient(math, slope, normal, inverse, axes), shape)];
    },
  };
}

/** What follows a normalisation: each channel is scaled and moved, where there are parameters for it. */
interface Scaling {
  readonly apply: (normal: string) => string;
  /** Writes the gradient of the normalised values. */
  readonly slope: (dy: string) => string;
  /** Gives the parameters their gradients, summed over the axes. */
  readonly giveGradients: (dy: string, normal: string, axes: readonly number[]) => void;
}

function scalingOf(
  {
    graph,
    operation,
    parameter,
  }: {
    readonly graph: GraphWriter;
    readonly operation: { readonly gamma: string | undefined; readonly beta: string | undefined };
    readonly parameter: (name: string) => GraphParameter;
  },
  spread: (channels: string) => string,
): Scaling {
  const { add, multiply } = arithmeticOf(graph);
  const gamma = operation.gamma === undefined ? undefined : parameter(operation.gamma);
  const beta = operation.beta === undefined ? undefined : parameter(operation.beta);
  const scaled = (values: string): string =>
    gamma === undefined ? values : multiply(values, spread(gamma.name));
  return {
    apply: (normal) =>
      beta === undefined ? scaled(normal) : add(scaled(normal), spread(beta.name)),
    slope: scaled,
    giveGradients(dy, normal, axes) {
      const summed = (values: string): string =>
        graph.op("ReduceSum", [values, graph.ints(axes)], { keepdims: 0 });
      if (gamma?.isTrained === true) {
        gamma.addGradient({ write: () => summed(multiply(dy, normal)) });
      }
      if (beta?.isTrained === true) beta.addGradient({ write: () => summed(dy) });
    },
  };
}

const inverseOf = ({ add, divide, one }: Arithmetic, variance: string, epsilon: number): string =>
  divide(1, one("Sqrt", add(variance, epsilon)));

/**
 * Writes the gradient of what was normalised. Mean and variance depend on every value: with s for the
 * slopes and n for the normalised values, it is (s − mean(s) − n · mean(s · n)) · inverse.
 */
function normalGradient(
  { subtract, multiply, mean }: Arithmetic,
  slope: string,
  normal: string,
  inverse: string,
  axes: readonly number[],
): string {
  const tilt = multiply(normal, mean(multiply(slope, normal), axes));
  return multiply(subtract(subtract(slope, mean(slope, axes)), tilt), inverse);
}

/** The axes of a value that are not its channels. */
const axesOf = ({ order, shape }: GraphValue): readonly number[] =>
  order === "planes" ? [0, 2, 3] : shape.map((_, axis) => axis);
