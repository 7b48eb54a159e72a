import type { LayerOperation } from "../layer-node.ts";
import { NO_OPERATIONS, type FusedLayer, type LayerContext } from "./layer.ts";

/** The same images with zeros around them. */
export function zeroPaddingLayer({
  kernels,
  operation: { vertical, horizontal },
  inputs: [input],
  output,
}: LayerContext<Extract<LayerOperation, { kind: "zeroPadding" }>>): FusedLayer {
  const [height, width, channels] = input.shape as [number, number, number];
  const [toHeight, toWidth] = output.shape as [number, number];
  const [top] = vertical;
  const [left] = horizontal;
  return {
    operations: NO_OPERATIONS,
    forward(count) {
      kernels.place(
        ...([input.values, output.values, count, height, width, channels] as const),
        ...([toHeight, toWidth, top, left, 1, 1] as const),
      );
    },
    backward(count) {
      if (input.gradient === 0) return;
      kernels.crop(
        ...([output.gradient, input.gradient, count, toHeight, toWidth, channels] as const),
        ...([height, width, top, left] as const),
      );
    },
  };
}
