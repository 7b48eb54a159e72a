import type { LayerOperation, Pair } from "../layer-node.ts";
import { windowShape } from "../window-shape.ts";
import type { FusedLayer, LayerContext } from "./layer.ts";

/** A convolution of each channel on its own. */
export function depthwiseLayer({
  kernels,
  operation: { kernel: kernelName, bias: biasName, size, steps, padding },
  inputs: [input],
  output,
  capacity,
  parameter,
  allocate,
}: LayerContext<Extract<LayerOperation, { size: Pair; kernel: string }>>): FusedLayer {
  const [height, width, channels] = input.shape as [number, number, number];
  const outputs = output.shape[2]!;
  const multiplier = outputs / channels;
  const window = windowShape({ height, width, size, steps, padding });
  const { rows, columns, top, left, paddedHeight, paddedWidth } = window;
  const kernel = parameter(kernelName);
  const bias = biasName === undefined ? undefined : parameter(biasName);
  const isPadded = paddedHeight !== height || paddedWidth !== width;
  const paddedSize = paddedHeight * paddedWidth * channels;
  const x = isPadded ? allocate(capacity * paddedSize) : input.values;
  const hasSource = input.gradient !== 0;
  const dx = hasSource && isPadded ? allocate(capacity * paddedSize) : input.gradient;
  const line = paddedWidth * channels;
  const inner = [paddedSize, steps[0] * line, steps[1] * channels, line] as const;
  const sizes = [rows, columns, channels, multiplier] as const;
  const product = 2 * rows * columns * size[0] * size[1] * outputs;
  const needed = (kernel.gradient === 0 ? 0 : 1) + (hasSource ? 1 : 0);
  return {
    operations: { forward: product, backward: product * needed },
    forward(count) {
      if (isPadded) {
        kernels.place(
          ...([input.values, x, count, height, width, channels] as const),
          ...([paddedHeight, paddedWidth, top, left, 1, 1] as const),
        );
      }
      const start = bias?.values ?? 0;
      kernels.depthwise(
        ...([x, ...inner, kernel.values, ...size, start, output.values, count, ...sizes] as const),
      );
    },
    backward(count) {
      const dy = output.gradient;
      if (kernel.gradient !== 0) {
        kernels.depthwiseFilterGradient(
          ...([x, ...inner, kernel.gradient, ...size, dy, count, ...sizes] as const),
        );
      }
      if (bias !== undefined && bias.gradient !== 0) {
        kernels.columnSums(dy, count * rows * columns, outputs, bias.gradient);
      }
      if (!hasSource) return;
      kernels.depthwiseInputGradient(
        ...([dx, ...inner, kernel.values, ...size, dy, count, ...sizes] as const),
      );
      if (!isPadded) return;
      kernels.crop(
        ...([dx, input.gradient, count, paddedHeight, paddedWidth, channels] as const),
        ...([height, width, top, left] as const),
      );
    },
  };
}
