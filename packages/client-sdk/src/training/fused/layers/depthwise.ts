import type { WindowOperation } from "../compile/layer-node.ts";
import type { Images } from "../kernels/image-kernels.ts";
import { imageWindows } from "./image-windows.ts";
import type { FusedLayer, LayerContext } from "./layer.ts";

/**
 * Builds a convolution of each channel on its own: y = x ⋆ kernel + bias, with a kernel [height,
 * width, channels, outputs of each channel].
 */
export function depthwiseLayer(context: LayerContext<WindowOperation>): FusedLayer {
  const { kernels, inputs, output, capacity, allocate } = context;
  const [input] = inputs;
  const layout = imageWindows(context, input.values, input.shape);
  const { kernel, bias, window, images, padded } = layout;
  const { rows, columns } = window;
  const outputs = output.shape.at(-1)!;
  const outputsEach = outputs / images.channels;
  const dy = output.gradient;
  const x = layout.over(padded.at);
  const filter = layout.filter(kernel.values, outputsEach);
  const forwards = { x, filter, bias: bias?.values ?? 0, y: output.values };
  const kernelGradient = { x, filter: layout.filter(kernel.gradient, outputsEach), dy };
  const hasGradient = input.gradient !== 0;
  const isPadded = padded !== images;
  // The kernel computes the gradient of the padded images. Without padding, that is the gradient of
  // the input itself. With padding, it goes into memory of its own, and the middle is cut out.
  const dx: Images = { ...images, at: input.gradient };
  const dPadded: Images =
    hasGradient && isPadded ? { ...padded, at: allocate(capacity * layout.over(0).image) } : dx;
  const toInput = { x: layout.over(dPadded.at), filter, dy };
  // Two operations, a multiplication and an addition, for each weight and window. Backwards there
  // are up to two such convolutions: one for the kernel and one for the input.
  const product = 2 * rows * columns * filter.height * filter.width * outputs;
  const needed = (kernel.gradient === 0 ? 0 : 1) + (hasGradient ? 1 : 0);
  return {
    operations: { forward: product, backward: product * needed },
    forward(count) {
      layout.placeFilter();
      // The padded images stay in memory for the way backwards.
      layout.pad(count);
      kernels.depthwise(forwards, count);
    },
    backward(count) {
      if (kernel.gradient !== 0) {
        kernels.depthwiseFilterGradient(kernelGradient, count);
        layout.gatherFilterGradient();
      }
      if (bias !== undefined && bias.gradient !== 0) {
        // The bias is added to every pixel, so its gradient sums over all pixels.
        kernels.columnSums(dy, count * rows * columns, outputs, bias.gradient);
      }
      if (!hasGradient) return;
      kernels.depthwiseInputGradient(toInput, count);
      if (isPadded) kernels.cropImages(dPadded, dx, window, count);
    },
  };
}
