import type { WindowOperation } from "../compile/layer-node.ts";
import { inPanels } from "../kernels/multiply-kernels.ts";
import { imageWindows } from "./image-windows.ts";
import { imagesFromWindows } from "./images-from-windows.ts";
import type { FusedLayer, LayerContext } from "./layer.ts";

/**
 * Builds a transposed convolution, which turns each pixel of its input into a window of its output
 * and adds windows up where they overlap. It goes the ways of a convolution from the output to the
 * input, with a kernel [height, width, outputs, channels of the input]: forwards that of the
 * gradient of its input, and backwards that of the convolution itself.
 */
export function transposedConvolutionLayer(context: LayerContext<WindowOperation>): FusedLayer {
  const { kernels, inputs, output, scratch } = context;
  const [input] = inputs;
  const depth = input.shape.at(-1)!;
  const outputs = output.shape.at(-1)!;
  const pixels = output.size / outputs;
  // The filter moves over the gradient of the output.
  const dy = output.gradient;
  const layout = imageWindows(context, dy, output.shape);
  const { kernel, bias, window, padded } = layout;
  const { rows, columns } = window;
  const [height, width] = window.size;
  const forwards = imagesFromWindows(context, layout, {
    ...{ from: input.values, outputs: depth, bias: bias?.values ?? 0, to: output.values },
  });
  const packing = scratch(
    Math.max(height * width * outputs, rows * columns) * inPanels(depth),
  ).place(0, {});
  const windows = layout.over(padded.at);
  const toInput = {
    ...{ x: windows, filter: layout.filter(kernel.values, depth), bias: 0, y: input.gradient },
    scratch: packing,
  };
  const kernelGradient = {
    ...{ x: windows, filter: layout.filter(kernel.gradient, depth), dy: input.values },
    scratch: packing,
  };
  // Two operations, a multiplication and an addition, for each weight and window.
  const product = 2 * rows * columns * height * width * outputs * depth;
  const needed = (kernel.gradient === 0 ? 0 : 1) + (input.gradient === 0 ? 0 : 1);
  return {
    operations: { forward: product, backward: product * needed },
    forward(count) {
      layout.placeFilter();
      forwards(count);
    },
    backward(count) {
      if (needed > 0) layout.pad(count);
      if (kernel.gradient !== 0) {
        kernels.filterGradient(kernelGradient, count);
        layout.gatherFilterGradient();
      }
      if (bias !== undefined && bias.gradient !== 0) {
        kernels.columnSums(dy, count * pixels, outputs, bias.gradient);
      }
      if (input.gradient !== 0) kernels.convolve(toInput, count);
    },
  };
}
