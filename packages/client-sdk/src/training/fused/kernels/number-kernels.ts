// Kernels over arrays whose shape matters little: `KernelFunctions` says what holds for all
// kernels.
import type { Address } from "@tributary/protocol";

/** Kernels that compute each value on its own. All of them may work in place. */
export interface ElementwiseKernels {
  /** y = x where x is above 0, and slope · x elsewhere. */
  relu(x: Address, y: Address, size: number, slope: number): void;
  /** dx = dy where the output y is above 0, and slope · dy elsewhere. */
  reluGradient(y: Address, dy: Address, dx: Address, size: number, slope: number): void;
  /** y = tanh x. */
  tanh(x: Address, y: Address, size: number): void;
  /** dx = dy · (1 − y²), from the output y. */
  tanhGradient(y: Address, dy: Address, dx: Address, size: number): void;
  /** y = 1 / (1 + e^−x). */
  sigmoid(x: Address, y: Address, size: number): void;
  /** dx = dy · y · (1 − y), from the output y. */
  sigmoidGradient(y: Address, dy: Address, dx: Address, size: number): void;
  /** Adds `from` to `to`. */
  add(from: Address, to: Address, size: number): void;
  /** y = factor · x. */
  scale(x: Address, y: Address, size: number, factor: number): void;
  /** Adds factor · x to `to`. */
  addScaled(x: Address, to: Address, size: number, factor: number): void;
  /** Adds factor · (a − b) to `to`. */
  addDifference(a: Address, b: Address, to: Address, size: number, factor: number): void;
  /** Adds factor · (the sign of x) to `to`; 0 has none. */
  addSigns(x: Address, to: Address, size: number, factor: number): void;
  /** y = a · b. */
  multiply(a: Address, b: Address, y: Address, size: number): void;
  /** @returns The sum of x² in float64, over all values up to the next multiple of 4. */
  sumOfSquares(x: Address, size: number): number;
  /** @returns The sum of |x| in float64, over all values up to the next multiple of 4. */
  sumOfSizes(x: Address, size: number): number;
}

/** The activation GELU (arXiv:1606.08415), y = ½ x (1 + bend). Not in place. */
export interface GeluKernels {
  /**
   * Writes y, and the bend, which the way backwards needs.
   * @param approximate - Whether the bend is tanh(√(2/π) · (x + 0.044715 x³)). Otherwise it is
   *   erf(x / √2), and y is x · Φ(x).
   */
  gelu(x: Address, y: Address, bend: Address, size: number, approximate: boolean): void;
  /** Writes dx, from the input x and its bend. */
  geluGradient(
    x: Address,
    bend: Address,
    dy: Address,
    dx: Address,
    size: number,
    approximate: boolean,
  ): void;
}

/** The operands of a normalisation over groups of channels of [examples, pixels, channels]. */
export interface GroupNorm {
  readonly x: Address;
  readonly y: Address;
  /** Two values for each group of each example, which forwards writes and backwards reads. */
  readonly stats: Address;
  /** A factor and a term for each channel. 0 stands for none. */
  readonly gamma: Address;
  readonly beta: Address;
  /** Added to the variance before its square root is taken. */
  readonly epsilon: number;
  readonly pixels: number;
  readonly channels: number;
  /** The number of groups that the channels are divided into. */
  readonly groups: number;
}

/** Kernels that normalise, and kernels that scale columns. */
export interface NormalizationKernels {
  /** Brings each group of each example to mean 0 and variance 1, then computes · gamma + beta. */
  groupNorm(operands: GroupNorm, examples: number): void;
  /** Writes dx, from what `groupNorm` read and kept. */
  groupNormGradient(operands: GroupNorm, dy: Address, dx: Address, examples: number): void;
  /** Writes the gradient of gamma. */
  groupNormScaleGradient(
    operands: GroupNorm,
    dy: Address,
    gradient: Address,
    examples: number,
  ): void;
  /** y = x · factor + term, with a factor and a term for each column. A `term` of 0 means none. */
  scaleColumns(
    x: Address,
    y: Address,
    factor: Address,
    term: Address,
    rows: number,
    columns: number,
  ): void;
}

/** What decides which values dropout sets to zero. */
export interface DropoutMask {
  /** 64 random bits, as two signed integers. */
  readonly key: readonly [number, number];
  /** A value is dropped when its random word, from 0 to below 2³², is below this number. */
  readonly threshold: number;
  /** What the values that stay are multiplied by. */
  readonly factor: number;
}

/** Dropout whose mask anyone can compute again. */
export interface DropoutKernels {
  /**
   * y = factor · x, or 0 where a random word is below the threshold. The word depends on the key,
   * the step and the place of the value, and on nothing else. May work in place.
   */
  dropout(x: Address, y: Address, size: number, mask: DropoutMask, step: number): void;
}

/** The operands of a loss that compares x with targets of the same size. */
export interface Loss {
  readonly x: Address;
  readonly targets: Address;
  /** Where the gradient of `weight` times the loss goes. */
  readonly dx: Address;
}

/**
 * Losses of a batch. Each gives the sum over rows or values, in float64, and writes the gradient of
 * `weight` times that sum.
 */
export interface LossKernels {
  /** y = the softmax of each row of x. May work in place. */
  softmax(x: Address, y: Address, rows: number, columns: number): void;
  /** dx = y · (dy − Σ dy · y), row by row. May write over dy. */
  softmaxGradient(y: Address, dy: Address, dx: Address, rows: number, columns: number): void;
  /** Cross-entropy of the softmax of each row. @param loss - `y`: where the probabilities go. */
  softmaxCrossEntropy(
    loss: Loss & { readonly y: Address },
    rows: number,
    columns: number,
    weight: number,
  ): number;
  /** Cross-entropy of the sigmoid of each value. @param loss - `y`: where the probabilities go. */
  sigmoidCrossEntropy(loss: Loss & { readonly y: Address }, size: number, weight: number): number;
  /** (x − target)². */
  squaredError(loss: Loss, size: number, weight: number): number;
  /** |x − target|. */
  absoluteError(loss: Loss, size: number, weight: number): number;
  /** With d = x − target: ½ d² up to |d| = delta, and delta · (|d| − ½ delta) beyond. */
  huberLoss(loss: Loss, size: number, weight: number, delta: number): number;
}

/** Cross-entropies of outputs that are taken for probabilities, as `LossKernels` has other losses. */
export interface ProbabilityKernels {
  /**
   * −Σ target · ln q over each row, where q is the row divided by its sum. A row whose sum is 0 or
   * not finite makes the loss NaN, and its dx is 0.
   */
  shareCrossEntropy(loss: Loss, rows: number, columns: number, weight: number): number;
  /**
   * −target · ln x − (1 − target) · ln(1 − x) of each value. A value that is NaN makes the loss NaN,
   * and its dx is 0.
   */
  chanceCrossEntropy(loss: Loss, size: number, weight: number): number;
}

/** The parameters w that an optimizer moves by their gradient g. */
export interface Descent {
  readonly w: Address;
  readonly g: Address;
  /** The number of parameters. */
  readonly size: number;
  /** The learning rate. */
  readonly rate: number;
}

/** What SGD with momentum takes. */
export interface MomentumDescent extends Descent {
  /** The velocity of each parameter. */
  readonly v: Address;
  readonly momentum: number;
  /** Whether to look ahead as Nesterov does. */
  readonly nesterov: boolean;
}

/** What Adam takes. */
export interface AdamDescent extends Descent {
  /** The running means of the gradient and of its square. */
  readonly m: Address;
  readonly v: Address;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** What Adagrad takes. */
export interface AdagradDescent extends Descent {
  /** The sum of the squared gradients. */
  readonly a: Address;
  readonly epsilon: number;
}

/** What RMSProp takes. */
export interface RmspropDescent extends Descent {
  /** The running mean of the squared gradient. */
  readonly s: Address;
  /** The velocity of each parameter. */
  readonly v: Address;
  readonly decay: number;
  readonly momentum: number;
  readonly epsilon: number;
}

/** One step of an optimizer. Formulas are those of tfjs. */
export interface OptimizerKernels {
  /** w −= rate · g. */
  descend(w: Address, g: Address, size: number, rate: number): void;
  /**
   * v = momentum · v + g; w −= rate · v, or with Nesterov's look-ahead rate · (g + momentum · v).
   */
  descendWithMomentum(descent: MomentumDescent): void;
  /** Adam. @param correct1 - 1 − β1^t in step t. @param correct2 - 1 − β2^t in step t. */
  adam(descent: AdamDescent, correct1: number, correct2: number): void;
  /** a += g²; w −= rate · g / √(a + ε). */
  adagrad(descent: AdagradDescent): void;
  /** s = decay · s + (1 − decay) · g²; v = momentum · v + rate · g / √(s + ε); w −= v. */
  rmsprop(descent: RmspropDescent): void;
}
