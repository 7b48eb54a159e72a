// What layers that move a filter over images have in common.
import type { Address } from "@tributary/protocol";
import type { WindowOperation } from "../compile/layer-node.ts";
import { imageOf, windowShape, type WindowShape } from "../compile/window-shape.ts";
import type { Filter, FilterWindows, Images } from "../kernels/image-kernels.ts";
import { dilatedKernel } from "./dilated-kernel.ts";
import type { LayerContext, NodeParameter } from "./layer.ts";

/** The memory of a layer that moves a filter over images, and how it lies. */
export interface ImageWindows {
  readonly window: WindowShape;
  /** The filter that moves over the images: where it is dilated, the one with its gaps. */
  readonly kernel: NodeParameter;
  readonly bias: NodeParameter | undefined;
  /** The images, and the images with their padding. Both are the same where there is no padding. */
  readonly images: Images;
  readonly padded: Images;
  /** How the windows of the filter lie over images of the size of `padded`. */
  readonly over: (at: Address) => FilterWindows;
  /** The filter with values at an address: its own, or those of its gradient. */
  readonly filter: (at: Address, outputs: number) => Filter;
  /** Brings the filter into its place. Call it before a pass forwards. */
  readonly placeFilter: () => void;
  /** Copies the images to `padded` where they need padding. */
  readonly pad: (count: number) => void;
  /** Brings the gradient of the filter into that of the parameter. */
  readonly gatherFilterGradient: () => void;
}

/**
 * Lays out images that a filter moves over.
 * @param at - Where the images are.
 * @param shape - The shape of one of them.
 */
export function imageWindows(
  context: LayerContext<WindowOperation>,
  at: Address,
  shape: readonly number[],
): ImageWindows {
  const { kernels, operation, capacity, parameter, allocate } = context;
  const { bias, steps } = operation;
  const [height, width, channels] = imageOf(shape);
  const window = windowShape({ ...operation, height, width });
  const { rows, columns, paddedHeight, paddedWidth, size } = window;
  const isPadded = paddedHeight !== height || paddedWidth !== width;
  // Padding is written to memory once per pass. The kernels then need no conditions at the edges.
  const paddedSize = paddedHeight * paddedWidth * channels;
  const images: Images = { at, height, width, channels };
  const padded: Images = isPadded
    ? { at: allocate(capacity * paddedSize), height: paddedHeight, width: paddedWidth, channels }
    : images;
  const line = paddedWidth * channels;
  // The image begins behind the padding above it and on its left.
  const placement = { top: window.top, left: window.left, stepY: 1, stepX: 1 };
  const { kernel, place, gather } = dilatedKernel(context, window, channels);
  return {
    ...{ window, kernel, images, padded },
    bias: bias === undefined ? undefined : parameter(bias),
    // The distances between windows, rows of windows and lines of a filter, all counted in values.
    over: (from) => ({
      ...{ at: from, image: paddedSize, row: steps[0] * line, column: steps[1] * channels, line },
      ...{ rows, columns, firstLine: window.top, endLine: window.top + height },
    }),
    filter: (from, outputs) => ({
      ...{ at: from, height: size[0], width: size[1], channels, outputs },
    }),
    placeFilter: place,
    pad(count) {
      if (isPadded) kernels.placeImages(images, padded, placement, count);
    },
    gatherFilterGradient: gather,
  };
}
