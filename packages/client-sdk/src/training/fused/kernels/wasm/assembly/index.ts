// Everything that the module exports. Addresses are explained in address.ts, and the kernels in the
// interfaces that ../../training-kernels.ts puts together. The plain twin in ../../reference/
// specifies every bit. The files here compute several sums side by side, and four values at once,
// but no result differs from the twin's. The module takes its arguments as plain numbers;
// ../positional-kernels.ts translates.
export { matmul, packMatrix, matmulPacked, descendAlong } from "./multiply";
export { convolve, filterGradient, flipFilter, placeImages, cropImages } from "./convolve";
export { columnSums, transpose } from "./rows";
export {
  relu,
  reluGradient,
  tanh,
  tanhGradient,
  sigmoid,
  sigmoidGradient,
  add,
  scale,
  addScaled,
  addDifference,
  addSigns,
  multiply,
  sumOfSquares,
  sumOfSizes,
} from "./elementwise";
export {
  softmax,
  softmaxGradient,
  softmaxCrossEntropy,
  sigmoidCrossEntropy,
  squaredError,
  absoluteError,
  huberLoss,
} from "./losses";
export { shareCrossEntropy, chanceCrossEntropy } from "./probabilities";
export { descend, descendWithMomentum, adam, adagrad, rmsprop } from "./optimizers";
export { maxPool, maxPoolGradient, averagePool, averagePoolGradient } from "./pooling";
export {
  lstmForward,
  lstmBackward,
  gruGates,
  gruForward,
  gruBackward,
  gruResetBackward,
  simpleForward,
  simpleBackward,
  embed,
  embedGradient,
} from "./recurrent";
export { gelu, geluGradient } from "./gelu";
export {
  clip,
  clipGradient,
  bendColumns,
  elu,
  eluGradient,
  curve,
  curveGradient,
} from "./activations";
export { attend } from "./attend";
export { arrange, addArranged } from "./arrange";
export {
  columnMoments,
  normalizeColumns,
  columnProducts,
  normalizeColumnsGradient,
} from "./columns";
export { groupNorm, groupNormGradient, groupNormScaleGradient, scaleColumns } from "./normalize";
export { depthwise, depthwiseFilterGradient, depthwiseInputGradient } from "./depthwise";
export { dropout } from "./dropout";
export { peakOfTile, peakOfChains } from "./register-tiles";

/**
 * The first byte of memory that the module does not use itself. Everything from there on is for the
 * caller to lay out, because kernels allocate nothing.
 */
export function firstFree(): usize {
  return __heap_base;
}
