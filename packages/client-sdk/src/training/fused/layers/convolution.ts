import { inPanels } from "../kernels.ts";
import type { LayerOperation, Pair } from "../layer-node.ts";
import { windowShape } from "../window-shape.ts";
import type { FusedLayer, LayerContext } from "./layer.ts";

type WindowOperation = Extract<LayerOperation, { size: Pair; kernel: string }>;

/**
 * y = x ⋆ kernel + bias. The input's gradient is a convolution too: of dy, spread out by the steps and padded, with
 * the kernel turned round.
 */
export function convolutionLayer({
  kernels,
  operation: { kernel: kernelName, bias: biasName, size, steps, padding },
  inputs: [input],
  output,
  capacity,
  parameter,
  allocate,
  scratch,
}: LayerContext<WindowOperation>): FusedLayer {
  const [height, width, channels] = input.shape as [number, number, number];
  const filters = output.shape[2]!;
  const [kernelHeight, kernelWidth] = size;
  const [stepY, stepX] = steps;
  const window = windowShape({ height, width, size, steps, padding });
  const { rows, columns, top, left, paddedHeight, paddedWidth } = window;
  const kernel = parameter(kernelName);
  const bias = biasName === undefined ? undefined : parameter(biasName);
  const isPadded = paddedHeight !== height || paddedWidth !== width;
  const x = isPadded ? allocate(capacity * paddedHeight * paddedWidth * channels) : input.values;
  const line = paddedWidth * channels;
  const depth = kernelWidth * channels;

  // dy with zeros around and between, such that row i of dx begins at its row i.
  const spreadHeight = height + kernelHeight - 1;
  const spreadWidth = width + kernelWidth - 1;
  const isSpread = spreadHeight !== rows || spreadWidth !== columns;
  const spreadLine = spreadWidth * filters;
  const kernelSize = kernelHeight * depth * filters;
  const packed = Math.max(
    kernelHeight * depth * inPanels(filters),
    rows * columns * inPanels(filters),
    kernelHeight * kernelWidth * filters * inPanels(channels),
  );
  const room = scratch(
    packed +
      (input.gradient === 0 ? 0 : kernelSize) +
      (input.gradient === 0 || !isSpread ? 0 : capacity * spreadHeight * spreadLine),
  );
  const product = 2 * rows * columns * kernelSize;
  const needed = (kernel.gradient === 0 ? 0 : 1) + (input.gradient === 0 ? 0 : 1);
  return {
    operations: { forward: product, backward: product * needed },
    forward(count) {
      if (isPadded) {
        kernels.place(
          ...([input.values, x, count, height, width, channels] as const),
          ...([paddedHeight, paddedWidth, top, left, 1, 1] as const),
        );
      }
      kernels.convolve(
        ...([x, paddedHeight * line, stepY * line, stepX * channels, line] as const),
        ...([kernel.values, kernelHeight, depth, bias?.values ?? 0, output.values] as const),
        ...([count, rows, columns, filters, room.place] as const),
      );
    },
    backward(count) {
      const dy = output.gradient;
      if (kernel.gradient !== 0) {
        kernels.filterGradient(
          ...([x, paddedHeight * line, stepY * line, stepX * channels, line] as const),
          ...([kernel.gradient, kernelHeight, depth, dy] as const),
          ...([count, rows, columns, filters, room.place] as const),
        );
      }
      if (bias !== undefined && bias.gradient !== 0) {
        kernels.columnSums(dy, count * rows * columns, filters, bias.gradient);
      }
      if (input.gradient === 0) return;
      const turned = room.place + packed;
      kernels.flipFilter(kernel.values, turned, kernelHeight, kernelWidth, channels, filters);
      const spread = isSpread ? turned + kernelSize : dy;
      if (isSpread) {
        kernels.place(
          ...([dy, spread, count, rows, columns, filters, spreadHeight, spreadWidth] as const),
          ...([kernelHeight - 1 - top, kernelWidth - 1 - left, stepY, stepX] as const),
        );
      }
      kernels.convolve(
        ...([spread, spreadHeight * spreadLine, spreadLine, filters, spreadLine, turned] as const),
        ...([kernelHeight, kernelWidth * filters, 0, input.gradient] as const),
        ...([count, height, width, channels, room.place] as const),
      );
    },
  };
}
