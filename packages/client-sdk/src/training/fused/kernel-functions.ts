// What a network is computed with. Two adapters give the same bits: the WebAssembly module (assembly/), and its plain
// twin (reference/), which is its specification: float32 throughout, one rounding an operation, every sum in the order
// that the twin's loops have.
//
// Addresses are places in a memory of float32 values. Arrays begin on a multiple of 4 and reach to one: functions over
// `size` values may also compute what lies past the end, up to the next multiple of 4.

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

type DepthwiseSizes = readonly [
  images: number,
  rows: number,
  columns: number,
  channels: number,
  multiplier: number,
];

export interface KernelFunctions {
  /**
   * C = start + A·B: A [m, k] with any strides, B [k, n], C [m, n]. Sums run over k, beginning with `start`; a `start`
   * of 0 stands for zeros, a `startRow` of 0 for the same row each time. `scratch`: `matmulScratch` values.
   */
  matmul(
    a: number,
    aRow: number,
    aStep: number,
    b: number,
    bRow: number,
    c: number,
    cRow: number,
    start: number,
    startRow: number,
    m: number,
    n: number,
    k: number,
    scratch: number,
  ): void;
  /** B [k, n] into the form that `matmulPacked` takes, of k values times n rounded up to 8. */
  packMatrix(b: number, bRow: number, k: number, n: number, to: number): void;
  /** `matmul` by a matrix that was packed. */
  matmulPacked(
    a: number,
    aRow: number,
    b: number,
    c: number,
    cRow: number,
    start: number,
    startRow: number,
    m: number,
    n: number,
    k: number,
  ): void;
  /** to[j, i] = from[i, j]. */
  transpose(
    from: number,
    fromRow: number,
    to: number,
    toRow: number,
    rows: number,
    columns: number,
  ): void;
  /** to[column] = Σ over rows, in their order; nothing is written past the columns. */
  columnSums(from: number, rows: number, columns: number, to: number): void;

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
  place(
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
    stepY: number,
    stepX: number,
  ): void;
  /** Cuts the window [toHeight, toWidth] at (top, left) out of images. */
  crop(
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
  ): void;

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

  /** y = x above 0, slope · x elsewhere. May work in place, as all of these. */
  relu(x: number, y: number, size: number, slope: number): void;
  /** By the output y. */
  reluGradient(y: number, dy: number, dx: number, size: number, slope: number): void;
  tanh(x: number, y: number, size: number): void;
  tanhGradient(y: number, dy: number, dx: number, size: number): void;
  sigmoid(x: number, y: number, size: number): void;
  sigmoidGradient(y: number, dy: number, dx: number, size: number): void;
  /** to += from. */
  add(from: number, to: number, size: number): void;
  /** y = factor · x. */
  scale(x: number, y: number, size: number, factor: number): void;
  /** to += factor · x. */
  addScaled(x: number, to: number, size: number, factor: number): void;
  /** to += factor · (a − b). */
  addDifference(a: number, b: number, to: number, size: number, factor: number): void;
  /** Σ x² in float64, of all values up to the next multiple of 4. */
  sumOfSquares(x: number, size: number): number;

  /** y = x · Φ(x); `approximate`: 1 for the form with tanh. Not in place. */
  gelu(x: number, y: number, size: number, approximate: number): void;
  /** By the input x. */
  geluGradient(x: number, dy: number, dx: number, size: number, approximate: number): void;

  /**
   * Each row with mean 0 and variance 1, then · gamma + beta, of which 0 stands for none. `stats` keeps two values a
   * row for the gradients.
   */
  layerNorm(
    x: number,
    y: number,
    stats: number,
    gamma: number,
    beta: number,
    rows: number,
    columns: number,
    epsilon: number,
  ): void;
  layerNormGradient(
    x: number,
    stats: number,
    gamma: number,
    dy: number,
    dx: number,
    rows: number,
    columns: number,
  ): void;
  /** gamma's gradient. */
  layerNormScaleGradient(
    x: number,
    stats: number,
    dy: number,
    gradient: number,
    rows: number,
    columns: number,
  ): void;
  /** y = x · factor + term of each column; a `term` of 0 stands for zeros. */
  scaleColumns(
    x: number,
    y: number,
    factor: number,
    term: number,
    rows: number,
    columns: number,
  ): void;

  /** As `convolve`, each channel on its own: filter [height, width, channels, multiplier], `width` in pixels. */
  depthwise(...call: [...FilterSteps, bias: number, y: number, ...DepthwiseSizes]): void;
  depthwiseFilterGradient(...call: [...FilterSteps, dy: number, ...DepthwiseSizes]): void;
  /** dx over the padded images, `images · xImage` values. */
  depthwiseInputGradient(...call: [...FilterSteps, dy: number, ...DepthwiseSizes]): void;

  /** y = factor · x, or 0 where a random word of (key, step, place) is below `threshold`. */
  dropout(
    x: number,
    y: number,
    size: number,
    key0: number,
    key1: number,
    step: number,
    threshold: number,
    factor: number,
  ): void;

  /**
   * One moment of an LSTM: z = [input, forget, candidate, output] in place, c and h of [rows, units] at steps of
   * `stateRow`. `before` is c of the moment before, 0 for zeros. `hard`: 1 for hard sigmoid gates.
   */
  lstmForward(
    z: number,
    zRow: number,
    before: number,
    c: number,
    h: number,
    stateRow: number,
    rows: number,
    units: number,
    hard: number,
  ): void;
  /** dz over z; dc, [rows, units], becomes that of the moment before. */
  lstmBackward(
    z: number,
    zRow: number,
    before: number,
    c: number,
    stateRow: number,
    dh: number,
    dc: number,
    rows: number,
    units: number,
    hard: number,
  ): void;
  /** One moment of a GRU: update and reset of z = [update, reset, candidate] in place, and reset · before to `kept`. */
  gruGates(
    z: number,
    zRow: number,
    before: number,
    stateRow: number,
    kept: number,
    rows: number,
    units: number,
    hard: number,
  ): void;
  /** Then the candidate in place, and h = update · before + (1 − update) · candidate. */
  gruForward(
    z: number,
    zRow: number,
    before: number,
    h: number,
    stateRow: number,
    rows: number,
    units: number,
  ): void;
  /** dz of update and candidate over theirs; dh becomes dh · update. */
  gruBackward(
    z: number,
    zRow: number,
    before: number,
    stateRow: number,
    dh: number,
    rows: number,
    units: number,
    hard: number,
  ): void;
  /** dz of the reset over its own; dh += reset · dKept. */
  gruResetBackward(
    z: number,
    zRow: number,
    before: number,
    stateRow: number,
    dKept: number,
    dh: number,
    rows: number,
    units: number,
    hard: number,
  ): void;
  /** to[row] = table[indices[row]]. */
  embed(indices: number, table: number, to: number, rows: number, width: number): void;
  /** table [entries, width] = sums of dy by index, row by row. */
  embedGradient(
    indices: number,
    dy: number,
    table: number,
    rows: number,
    width: number,
    entries: number,
  ): void;

  softmax(x: number, y: number, rows: number, columns: number): void;
  softmaxGradient(y: number, dy: number, dx: number, rows: number, columns: number): void;
  /** Losses give the sum over rows or values in float64, and the gradient of `weight` times it. */
  softmaxCrossEntropy(
    x: number,
    targets: number,
    y: number,
    dx: number,
    rows: number,
    columns: number,
    weight: number,
  ): number;
  sigmoidCrossEntropy(
    x: number,
    targets: number,
    y: number,
    dx: number,
    size: number,
    weight: number,
  ): number;
  squaredError(x: number, targets: number, dx: number, size: number, weight: number): number;
  absoluteError(x: number, targets: number, dx: number, size: number, weight: number): number;
  huberLoss(
    x: number,
    targets: number,
    dx: number,
    size: number,
    weight: number,
    delta: number,
  ): number;

  descend(w: number, g: number, size: number, rate: number): void;
  descendWithMomentum(
    w: number,
    g: number,
    v: number,
    size: number,
    rate: number,
    momentum: number,
    nesterov: number,
  ): void;
  /** `correct1` = 1 − β1^t, `correct2` = 1 − β2^t in step t. */
  adam(
    w: number,
    g: number,
    m: number,
    v: number,
    size: number,
    rate: number,
    beta1: number,
    beta2: number,
    correct1: number,
    correct2: number,
    epsilon: number,
  ): void;
  adagrad(w: number, g: number, a: number, size: number, rate: number, epsilon: number): void;
  rmsprop(
    w: number,
    g: number,
    s: number,
    v: number,
    size: number,
    rate: number,
    decay: number,
    momentum: number,
    epsilon: number,
  ): void;
}
