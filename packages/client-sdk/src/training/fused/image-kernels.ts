// Functions over images: see `kernel-functions.ts` for what holds of all of them.

/** Images [count, height, width, channels] and the windows that pooling cuts out of them. */
type PoolWindow = readonly [
  images: number,
  height: number,
  width: number,
  channels: number,
  rows: number,
  columns: number,
  poolY: number,
  poolX: number,
  stepY: number,
  stepX: number,
  top: number,
  left: number,
];

/** Where the values under a filter are: see `convolve`. */
type FilterSteps = readonly [
  x: number,
  /** From one image of x to the next, one output row, one output pixel, and one row of the filter. */
  xImage: number,
  xRow: number,
  xPixel: number,
  xLine: number,
  filter: number,
  /** Rows of the filter, and values in a row of it: columns × channels. */
  height: number,
  width: number,
];

/** Images of one size to images of another. */
type ImageCopy = readonly [
  from: number,
  to: number,
  images: number,
  height: number,
  width: number,
  channels: number,
  toHeight: number,
  toWidth: number,
  top: number,
  left: number,
];

type DepthwiseSizes = readonly [
  images: number,
  rows: number,
  columns: number,
  channels: number,
  multiplier: number,
];

/** Convolutions of images. */
export interface ConvolutionKernels {
  /**
   * y [images, rows, columns, channels] = bias + x ⋆ filter. Sums run over the filter's rows and then along each row,
   * beginning with the bias. `scratch`: the filter's size with channels rounded up to 8.
   */
  convolve(
    ...steps: [
      ...FilterSteps,
      bias: number,
      y: number,
      images: number,
      rows: number,
      columns: number,
      channels: number,
      scratch: number,
    ]
  ): void;
  /** filter = Σ x · dy over images, rows and columns. `scratch`: one image of dy with channels rounded up to 8. */
  filterGradient(
    ...steps: [
      ...FilterSteps,
      dy: number,
      images: number,
      rows: number,
      columns: number,
      channels: number,
      scratch: number,
    ]
  ): void;
  /** Filter [height, width, channels, outputs] to [height, width, outputs, channels], turned by half a turn. */
  flipFilter(
    filter: number,
    to: number,
    height: number,
    width: number,
    channels: number,
    outputs: number,
  ): void;
  /** Puts images into larger ones of zeros: row i at top + i · stepY, pixel j at left + j · stepX. */
  place(...call: [...ImageCopy, stepY: number, stepX: number]): void;
  /** Cuts the window [toHeight, toWidth] at (top, left) out of images. */
  crop(...call: ImageCopy): void;
}

/** Convolutions of each channel on its own. */
export interface DepthwiseKernels {
  /** As `convolve`, each channel on its own: filter [height, width, channels, multiplier], `width` in pixels. */
  depthwise(...call: [...FilterSteps, bias: number, y: number, ...DepthwiseSizes]): void;
  depthwiseFilterGradient(...call: [...FilterSteps, dy: number, ...DepthwiseSizes]): void;
  /** dx over the padded images, `images · xImage` values. */
  depthwiseInputGradient(...call: [...FilterSteps, dy: number, ...DepthwiseSizes]): void;
}

/** Windows of images, as one value each. */
export interface PoolingKernels {
  /** Largest value of each window inside the image, and its offset in the image (int32); the first of equals. */
  maxPool(...call: [x: number, y: number, places: number, ...PoolWindow]): void;
  maxPoolGradient(
    dy: number,
    places: number,
    dx: number,
    images: number,
    inputSize: number,
    outputSize: number,
  ): void;
  /** Mean of each window's values inside the image. */
  averagePool(...call: [x: number, y: number, ...PoolWindow]): void;
  averagePoolGradient(...call: [dy: number, dx: number, ...PoolWindow]): void;
}
