// What layers that move a filter over images have in common.
import type { Address } from "@tributary/protocol";
import type { LayerOperation, Pair } from "../compile/layer-node.ts";
import { windowShape, type WindowShape } from "../compile/window-shape.ts";
import type { Filter, FilterWindows, Images } from "../kernels/image-kernels.ts";
import type { LayerContext, NodeParameter } from "./layer.ts";

/** A convolution, or a depthwise one. */
export type WindowOperation = Extract<LayerOperation, { size: Pair; kernel: string }>;

/** The memory of a layer that moves a filter over images, and how it lies. */
export interface ImageWindows {
  readonly window: WindowShape;
  readonly kernel: NodeParameter;
  readonly bias: NodeParameter | undefined;
  /** The input, and the input with its padding. Both are the same where there is no padding. */
  readonly images: Images;
  readonly padded: Images;
  /** How the windows of the filter lie over images of the size of `padded`. */
  readonly over: (at: Address) => FilterWindows;
  /** The filter with values at an address: its own, or those of its gradient. */
  readonly filter: (at: Address, outputs: number) => Filter;
  /** Copies the input to `padded` where it needs padding. */
  readonly pad: (count: number) => void;
}

/** Lays out the input of a layer that moves a filter over images. */
export function imageWindows({
  kernels,
  operation: { kernel, bias, size, steps, padding },
  inputs: [input],
  capacity,
  parameter,
  allocate,
}: LayerContext<WindowOperation>): ImageWindows {
  const [height, width, channels] = input.shape as [number, number, number];
  const window = windowShape({ height, width, size, steps, padding });
  const { rows, columns, paddedHeight, paddedWidth } = window;
  const isPadded = paddedHeight !== height || paddedWidth !== width;
  // Padding is written to memory once per pass. The kernels then need no conditions at the edges.
  const paddedSize = paddedHeight * paddedWidth * channels;
  const images: Images = { at: input.values, height, width, channels };
  const padded: Images = isPadded
    ? { at: allocate(capacity * paddedSize), height: paddedHeight, width: paddedWidth, channels }
    : images;
  const line = paddedWidth * channels;
  // The image begins behind the padding above it and on its left.
  const placement = { top: window.top, left: window.left, stepY: 1, stepX: 1 };
  return {
    window,
    kernel: parameter(kernel),
    bias: bias === undefined ? undefined : parameter(bias),
    images,
    padded,
    // The distances between windows, rows of windows and lines of a filter, all counted in values.
    over: (at) => ({
      ...{ at, image: paddedSize, row: steps[0] * line, column: steps[1] * channels, line },
      ...{ rows, columns },
    }),
    filter: (at, outputs) => ({ at, height: size[0], width: size[1], channels, outputs }),
    pad(count) {
      if (isPadded) kernels.placeImages(images, padded, placement, count);
    },
  };
}
