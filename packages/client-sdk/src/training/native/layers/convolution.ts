import type { WindowOperation } from "../../fused/compile/layer-node.ts";
import {
  biasGradient,
  convolve,
  convolveBack,
  depthwiseKernelGradient,
  kernelGradient,
} from "./filter.ts";
import { asPlanes, type GraphValue } from "./graph-value.ts";
import type { GraphParameter, LayerContext, LayerGraph } from "./layer-graph.ts";
import { shapedParameter } from "./shaped-parameter.ts";
import { backwardAttributes, filterAttributes, windowsOver } from "./windows.ts";

/** Writes a convolution with a kernel [height, width, channels, outputs]. */
export function convolutionGraph(context: LayerContext<WindowOperation>): LayerGraph {
  const { graph, operation, inputs, shape } = context;
  const { kernel, bias, biases } = parametersOf(context);
  const x = asPlanes(graph, inputs[0]);
  const windows = windowsOver(x.shape, operation);
  return {
    output: planes(convolve(graph, windows, x.name, kernel.name, biases), shape),
    backward(gradient, [isNeeded]) {
      const dy = asPlanes(graph, gradient).name;
      giveGradients(kernel, () =>
        kernelGradient(graph, windows, x.name, dy, [x.shape.at(-1)!, shape.at(-1)!]),
      );
      giveGradients(bias, () => biasGradient(graph, dy));
      if (!isNeeded) return [];
      return [planes(convolveBack(graph, windows, dy, kernel.name), x.shape)];
    },
  };
}

/**
 * Writes a transposed convolution with a kernel [height, width, outputs, channels]: it goes the ways
 * of a convolution from its output to its input.
 */
export function transposedConvolutionGraph(context: LayerContext<WindowOperation>): LayerGraph {
  const { graph, operation, inputs, shape } = context;
  const { kernel, bias, biases } = parametersOf(context);
  const x = asPlanes(graph, inputs[0]);
  const windows = windowsOver(shape, operation);
  return {
    output: planes(convolveBack(graph, windows, x.name, kernel.name, biases), shape),
    backward(gradient, [isNeeded]) {
      const dy = asPlanes(graph, gradient).name;
      giveGradients(kernel, () =>
        kernelGradient(graph, windows, dy, x.name, [shape.at(-1)!, x.shape.at(-1)!]),
      );
      giveGradients(bias, () => biasGradient(graph, dy));
      return isNeeded ? [planes(convolve(graph, windows, dy, kernel.name), x.shape)] : [];
    },
  };
}

/** Writes a convolution of each channel on its own: see `depthwiseKernelGradient` for the kernel. */
export function depthwiseGraph(context: LayerContext<WindowOperation>): LayerGraph {
  const { graph, operation, inputs, shape } = context;
  const { kernel, bias, biases } = parametersOf(context);
  const x = asPlanes(graph, inputs[0]);
  const windows = windowsOver(x.shape, operation);
  const channels = x.shape.at(-1)!;
  const each = shape.at(-1)! / channels;
  const filter = graph.op("Reshape", [
    graph.op("Transpose", [kernel.name], { perm: [2, 3, 0, 1] }),
    graph.ints([channels * each, 1, ...operation.size]),
  ]);
  const group = { group: channels };
  const y = graph.op("Conv", [x.name, filter, ...biases], {
    ...filterAttributes(windows),
    ...group,
  });
  return {
    output: planes(y, shape),
    backward(gradient, [isNeeded]) {
      const dy = asPlanes(graph, gradient).name;
      giveGradients(kernel, () =>
        depthwiseKernelGradient(graph, windows, x.name, dy, [channels, each]),
      );
      giveGradients(bias, () => biasGradient(graph, dy));
      if (!isNeeded) return [];
      const attributes = { ...backwardAttributes(windows), ...group };
      return [planes(graph.op("ConvTranspose", [dy, filter], attributes), x.shape)];
    },
  };
}

/** The parameters of a layer with a filter, and the bias as the last inputs of an operator. */
function parametersOf({ graph, operation, parameter }: LayerContext<WindowOperation>): {
  readonly kernel: GraphParameter;
  readonly bias: GraphParameter | undefined;
  readonly biases: readonly string[];
} {
  const whole = parameter(operation.kernel);
  const bias = operation.bias === undefined ? undefined : parameter(operation.bias);
  // The kernel of a sequence has no height.
  const shape = [...operation.size, ...whole.shape.slice(-2)];
  const kernel = shapedParameter(graph, whole, shape);
  return { kernel, bias, biases: bias === undefined ? [] : [bias.name] };
}

function giveGradients(parameter: GraphParameter | undefined, write: () => string): void {
  if (parameter?.isTrained === true) parameter.addGradient({ write });
}

const planes = (name: string, shape: readonly number[]): GraphValue => ({
  ...{ name, shape, order: "planes" },
});
