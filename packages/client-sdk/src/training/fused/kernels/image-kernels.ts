// Kernels over images: `KernelFunctions` says what holds for all kernels. Images are float32 values
// of the shape [count, height, width, channels], the channels of a pixel side by side.
import type { Address } from "@tributary/protocol";
import type { Placed } from "./matrix.ts";

/** Images of one size. */
export interface Images extends Placed {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/**
 * How the windows of a filter lie over images that have their padding already. Strides in values.
 */
export interface FilterWindows extends Placed {
  /** From an image to the next one. */
  readonly image: number;
  /** From the first window of a row of windows to the first window of the next row. */
  readonly row: number;
  /** From a window to the next one in its row. */
  readonly column: number;
  /** Within a window, from a line of the filter to the next one. */
  readonly line: number;
  /**
   * The first line of an image that counts, and the first one behind those. The other lines are
   * padding: zeros, which full convolutions leave out of their sums.
   */
  readonly firstLine: number;
  readonly endLine: number;
  /** The number of rows of windows in an image, and of windows in a row. */
  readonly rows: number;
  readonly columns: number;
}

/** A filter [height, width, channels, outputs]. */
export interface Filter extends Placed {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** The number of outputs; in a depthwise convolution, of each channel. */
  readonly outputs: number;
}

/** The operands of a convolution forwards. */
export interface Convolution {
  readonly x: FilterWindows;
  readonly filter: Filter;
  /** One value for each output, or 0 for none. */
  readonly bias: Address;
  /** One pixel for each window, images and rows side by side. */
  readonly y: Address;
}

/** The operands of a convolution backwards. */
export interface ConvolutionGradient {
  readonly x: FilterWindows;
  readonly filter: Filter;
  /** The gradient of the output, in the layout of `Convolution.y`. */
  readonly dy: Address;
}

/**
 * Where `placeImages` puts the pixels of an image: row i at top + i · stepY, likewise for columns.
 */
export interface Placement {
  readonly top: number;
  readonly left: number;
  readonly stepY: number;
  readonly stepX: number;
}

/** Convolutions in which every output depends on every channel. */
export interface ConvolutionKernels {
  /**
   * Computes y = bias + x ⋆ filter. Each sum begins with the bias and runs over the filter line by
   * line.
   * @param operands - `scratch`: room for the filter with its outputs rounded up to 8.
   */
  convolve(operands: Convolution & { readonly scratch: Placed }, images: number): void;
  /**
   * Writes the gradient of the filter: sums of x · dy over images, rows and columns.
   * @param operands - `filter` is where the gradient goes. `scratch`: room for dy of one image with
   *   its channels rounded up to 8.
   */
  filterGradient(
    operands: ConvolutionGradient & { readonly scratch: Placed },
    images: number,
  ): void;
  /**
   * Writes the filter turned by half a turn, with the roles of channels and outputs exchanged:
   * [height, width, outputs, channels]. Convolving dy with it gives the gradient of the input.
   */
  flipFilter(filter: Filter, to: Placed): void;
  /** Puts images into larger ones, which are zero everywhere else. */
  placeImages(from: Images, to: Images, placement: Placement, images: number): void;
  /** Cuts the window of the size of `to` whose corner is at (top, left) out of every image. */
  cropImages(
    from: Images,
    to: Images,
    corner: Pick<Placement, "top" | "left">,
    images: number,
  ): void;
}

/** Convolutions in which every output depends on one channel. */
export interface DepthwiseKernels {
  /**
   * Computes y = bias + x ⋆ filter. Each sum begins with the bias and runs over the filter by
   * lines.
   */
  depthwise(operands: Convolution, images: number): void;
  /** Writes the gradient of the filter to `filter`. */
  depthwiseFilterGradient(operands: ConvolutionGradient, images: number): void;
  /** Writes the gradient of the padded images to `x`: `images` times `x.image` values. */
  depthwiseInputGradient(operands: ConvolutionGradient, images: number): void;
}

/** Windows that pooling cuts out of images. They may reach over the edges. */
export interface PoolWindows {
  /** The size of the images. */
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** The number of rows of windows in an image, and of windows in a row. */
  readonly rows: number;
  readonly columns: number;
  /** The height and width of a window, and the distance from one to the next. */
  readonly size: readonly [height: number, width: number];
  readonly steps: readonly [vertical: number, horizontal: number];
  /** How far the first window reaches over the upper and the left edge. */
  readonly top: number;
  readonly left: number;
}

/** Kernels that bring each window of an image down to one pixel. */
export interface PoolingKernels {
  /**
   * Writes the largest value of each window and channel. Of equal values the first one counts.
   * @param places - Int32, as many as there are outputs: the place of that value within its image.
   */
  maxPool(x: Address, y: Address, places: Address, windows: PoolWindows, images: number): void;
  /** Adds the gradient of each output to the place that `maxPool` has written, from zeros. */
  maxPoolGradient(
    dy: Address,
    places: Address,
    dx: Address,
    windows: PoolWindows,
    images: number,
  ): void;
  /** Writes the mean of the values of each window that lie inside the image. */
  averagePool(x: Address, y: Address, windows: PoolWindows, images: number): void;
  /** Adds the gradient of each output in equal parts to its window, from zeros. */
  averagePoolGradient(dy: Address, dx: Address, windows: PoolWindows, images: number): void;
}
