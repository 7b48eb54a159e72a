// What a network is computed with. Two adapters give the same bits: the WebAssembly module (assembly/), and its plain
// twin (reference/), which is its specification: float32 throughout, one rounding an operation, every sum in the order
// that the twin's loops have.
//
// Addresses are places in a memory of float32 values. Arrays begin on a multiple of 4 and reach to one: functions over
// `size` values may also compute what lies past the end, up to the next multiple of 4.
import type { ConvolutionKernels, DepthwiseKernels, PoolingKernels } from "./image-kernels.ts";
import type { RecurrentKernels } from "./sequence-kernels.ts";

/** Everything that a network is computed with. */
export interface KernelFunctions
  extends
    MultiplyKernels,
    ConvolutionKernels,
    DepthwiseKernels,
    PoolingKernels,
    ElementwiseKernels,
    GeluKernels,
    NormalizationKernels,
    DropoutKernels,
    RecurrentKernels,
    LossKernels,
    OptimizerKernels {}

/** Matrices. */
export interface MultiplyKernels {
  /**
   * C = start + A·B: A [m, k] with any strides, B [k, n], C [m, n]. Sums run over k, beginning with `start`; a `start`
   * of 0 stands for zeros, a `startRow` of 0 for the same row each time. `scratch`: `MATMUL_SCRATCH` values.
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
}

/** Value by value. */
export interface ElementwiseKernels {
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
}

/** The activation GELU (arXiv:1606.08415). */
export interface GeluKernels {
  /** y = x · Φ(x); `approximate`: 1 for the form with tanh. Not in place. */
  gelu(x: number, y: number, size: number, approximate: number): void;
  /** By the input x. */
  geluGradient(x: number, dy: number, dx: number, size: number, approximate: number): void;
}

/** Examples, and how many groups their channels are in. */
type GroupSizes = readonly [examples: number, pixels: number, channels: number, groups: number];

/** Rows brought to one scale. */
export interface NormalizationKernels {
  /**
   * The channels of each group of each example with mean 0 and variance 1, then · gamma + beta, of which 0 stands for none.
   * x is [examples, pixels, channels]; `stats` keeps two values of each group for the gradients.
   */
  groupNorm(
    ...call: [
      x: number,
      y: number,
      stats: number,
      gamma: number,
      beta: number,
      ...GroupSizes,
      epsilon: number,
    ]
  ): void;
  groupNormGradient(
    ...call: [x: number, stats: number, gamma: number, dy: number, dx: number, ...GroupSizes]
  ): void;
  /** gamma's gradient. */
  groupNormScaleGradient(
    ...call: [x: number, stats: number, dy: number, gradient: number, ...GroupSizes]
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
}

/** Dropout whose mask anyone can repeat. */
export interface DropoutKernels {
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
}

/** Losses over a batch, and what comes before them. */
export interface LossKernels {
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
}

/** One step of the parameters w by their gradient g. */
export interface OptimizerKernels {
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
