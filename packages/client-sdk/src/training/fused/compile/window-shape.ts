import { LayerRefusal } from "./layer-config.ts";
import type { Pair } from "./layer-node.ts";
import type { ImageShape } from "./layer-to-compile.ts";

/** How the windows of a filter, or of pooling, lie over an image. */
export interface WindowShape {
  /** The number of windows from top to bottom, and from left to right. */
  readonly rows: number;
  readonly columns: number;
  /** The number of rows and columns of padding before the image. */
  readonly top: number;
  readonly left: number;
  /** The size of the image with all its padding. */
  readonly paddedHeight: number;
  readonly paddedWidth: number;
  /** The height and width of a window, with the gaps of a dilated filter. */
  readonly size: Pair;
}

/** Gives the shape of images. A sequence counts as an image of one row. */
export function imageOf(shape: readonly number[]): ImageShape {
  const [first, second, third] = shape as ImageShape;
  return shape.length === 2 ? [1, first, second] : [first, second, third];
}

/**
 * Computes how windows lie over an image, as TensorFlow does. With the padding `same` there are
 * ⌈length / step⌉ windows along each axis. If the padding is odd, the larger half follows the
 * image.
 * @throws LayerRefusal when not one window fits.
 */
export function windowShape(image: {
  readonly height: number;
  readonly width: number;
  readonly size: Pair;
  readonly steps: Pair;
  readonly padding: "same" | "valid";
  /** How many pixels it is from one weight of a filter to the next; 1 when absent. */
  readonly dilation?: Pair;
}): WindowShape {
  const { height, width, steps, padding, dilation = [1, 1] } = image;
  const size: Pair = [(image.size[0] - 1) * dilation[0] + 1, (image.size[1] - 1) * dilation[1] + 1];
  const vertical = alongOneAxis(height, size[0], steps[0], padding);
  const horizontal = alongOneAxis(width, size[1], steps[1], padding);
  return {
    rows: vertical.windows,
    columns: horizontal.windows,
    top: vertical.before,
    left: horizontal.before,
    paddedHeight: vertical.length,
    paddedWidth: horizontal.length,
    size,
  };
}

/** Places windows along the height or the width of an image. */
function alongOneAxis(
  length: number,
  size: number,
  step: number,
  padding: "same" | "valid",
): { windows: number; before: number; length: number } {
  if (padding === "valid") {
    const windows = Math.floor((length - size) / step) + 1;
    if (windows < 1) throw new LayerRefusal("its window is larger than its input");
    return { windows, before: 0, length };
  }
  const windows = Math.ceil(length / step);
  const missing = Math.max((windows - 1) * step + size - length, 0);
  return { windows, before: Math.floor(missing / 2), length: length + missing };
}
