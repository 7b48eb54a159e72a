import type { WindowOperation } from "../compile/layer-node.ts";
import { inPanels } from "../kernels/multiply-kernels.ts";
import { imageWindows } from "./image-windows.ts";
import { imagesFromWindows } from "./images-from-windows.ts";
import type { FusedLayer, LayerContext } from "./layer.ts";

/**
 * Builds a layer that computes y = x ⋆ kernel + bias, with a kernel [height, width, channels,
 * outputs] that moves over the images by the steps of the layer. Backwards, the gradient of the
 * kernel sums x · dy over all windows, that of the bias sums dy over all pixels, and that of the
 * input is a convolution of its own.
 */
export function convolutionLayer(context: LayerContext<WindowOperation>): FusedLayer {
  const { kernels, inputs, output, scratch } = context;
  const [input] = inputs;
  // Where the windows of the filter lie over the input, with its padding.
  const layout = imageWindows(context, input.values, input.shape);
  const { kernel, bias, window, padded } = layout;
  const { rows, columns } = window;
  const outputs = output.shape.at(-1)!;
  const dy = output.gradient;
  const x = layout.over(padded.at);
  const filter = layout.filter(kernel.values, outputs);
  const { height, width, channels } = filter;
  // The kernels pack either the filter or the gradients of one image into panels of 8 columns. They
  // share the room, because each needs it only during its call.
  const packing = scratch(
    Math.max(height * width * channels, rows * columns) * inPanels(outputs),
  ).place(0, {});
  const forwards = {
    ...{ x, filter, bias: bias?.values ?? 0, y: output.values },
    scratch: packing,
  };
  // The same windows as forwards; here `filter` is where the gradient goes.
  const kernelGradient = {
    ...{ x, filter: layout.filter(kernel.gradient, outputs), dy },
    scratch: packing,
  };
  const toInput =
    input.gradient === 0
      ? undefined
      : imagesFromWindows(context, layout, { from: dy, outputs, bias: 0, to: input.gradient });
  // Two operations, a multiplication and an addition, for each weight and window. Backwards there
  // are up to two such convolutions: one for the kernel and one for the input.
  const product = 2 * rows * columns * height * width * channels * outputs;
  const needed = (kernel.gradient === 0 ? 0 : 1) + (input.gradient === 0 ? 0 : 1);
  return {
    operations: { forward: product, backward: product * needed },
    forward(count) {
      layout.placeFilter();
      // The padded images stay in memory for the way backwards.
      layout.pad(count);
      kernels.convolve(forwards, count);
    },
    backward(count) {
      if (kernel.gradient !== 0) {
        kernels.filterGradient(kernelGradient, count);
        layout.gatherFilterGradient();
      }
      // Each pixel of the output is a row of `outputs` values.
      if (bias !== undefined && bias.gradient !== 0) {
        kernels.columnSums(dy, count * rows * columns, outputs, bias.gradient);
      }
      toInput?.(count);
    },
  };
}
