import type { Images } from "../kernels/image-kernels.ts";
import { inPanels } from "../kernels/multiply-kernels.ts";
import { imageWindows, type ImageWindows, type WindowOperation } from "./image-windows.ts";
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
  const layout = imageWindows(context);
  const { kernel, bias, window, padded } = layout;
  const { rows, columns } = window;
  const outputs = output.shape[2]!;
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
  const toInput = input.gradient === 0 ? undefined : inputGradient(context, layout);
  // Two operations, a multiplication and an addition, for each weight and window. Backwards there
  // are up to two such convolutions: one for the kernel and one for the input.
  const product = 2 * rows * columns * height * width * channels * outputs;
  const needed = (kernel.gradient === 0 ? 0 : 1) + (input.gradient === 0 ? 0 : 1);
  return {
    operations: { forward: product, backward: product * needed },
    forward(count) {
      // The padded images stay in memory for the way backwards.
      layout.pad(count);
      kernels.convolve(forwards, count);
    },
    backward(count) {
      if (kernel.gradient !== 0) kernels.filterGradient(kernelGradient, count);
      // Each pixel of the output is a row of `outputs` values.
      if (bias !== undefined && bias.gradient !== 0) {
        kernels.columnSums(dy, count * rows * columns, outputs, bias.gradient);
      }
      toInput?.(count);
    },
  };
}

/**
 * Makes a function that computes the gradient of the input. It is a convolution too: of dy, spread
 * out by the steps and padded, with the kernel turned by half a turn.
 */
function inputGradient(
  { kernels, operation, inputs: [input], output, capacity, scratch }: LayerContext<WindowOperation>,
  { kernel, window, images, filter: filterAt }: ImageWindows,
): (count: number) => void {
  const outputs = output.shape[2]!;
  const filter = filterAt(kernel.values, outputs);
  const { rows, columns, top, left } = window;
  const { height, width, channels } = images;
  // dy with zeros around and between its pixels, such that row i of dx begins at its row i.
  const spreadHeight = height + filter.height - 1;
  const spreadWidth = width + filter.width - 1;
  // With a filter of one pixel and steps of one, dy already lies as it must.
  const isSpread = spreadHeight !== rows || spreadWidth !== columns;
  const line = spreadWidth * outputs;
  const turnedSize = filter.height * filter.width * channels * outputs;
  const packed = filter.height * filter.width * outputs * inPanels(channels);
  // The room holds, in this order: what `convolve` needs for packing, the turned filter, and the
  // spread gradients.
  const room = scratch(packed + turnedSize + (isSpread ? capacity * spreadHeight * line : 0));
  const turned = room.place(packed, {
    ...{ height: filter.height, width: filter.width, channels: outputs, outputs: channels },
  });
  const dy: Images = { at: output.gradient, height: rows, width: columns, channels: outputs };
  const spreadShape = { height: spreadHeight, width: spreadWidth, channels: outputs };
  const spread = isSpread ? room.place(packed + turnedSize, spreadShape) : dy;
  // The windows move by one pixel each, whatever the steps of the layer are.
  const windows = {
    ...{ image: spreadHeight * line, row: line, column: outputs, line },
    ...{ rows: height, columns: width },
  };
  const convolution = {
    x: isSpread ? room.place(packed + turnedSize, windows) : { ...windows, at: output.gradient },
    filter: turned,
    bias: 0,
    y: input.gradient,
    scratch: room.place(0, {}),
  };
  const placement = {
    ...{ top: filter.height - 1 - top, left: filter.width - 1 - left },
    ...{ stepY: operation.steps[0], stepX: operation.steps[1] },
  };
  return (count) => {
    kernels.flipFilter(filter, turned);
    if (isSpread) kernels.placeImages(dy, spread, placement, count);
    kernels.convolve(convolution, count);
  };
}
