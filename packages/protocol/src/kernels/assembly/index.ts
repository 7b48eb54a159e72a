// Everything that the module exports. The addresses that kernels take are described in
// ../address.ts.
export { accumulate } from "./accumulate";
export { quantizeStep, ransDecode, ransEncode } from "./entropy";
export { addBytes, addModular, scale } from "./modular";
export {
  affine,
  fromHalf,
  lookup,
  lookupDot,
  pack,
  quantizeGrid,
  quantizeNearest,
  sumOfSquares,
  toHalf,
  unpack,
  unpackLookup,
} from "./quantize";
export { flip, flipHadamard, hadamard } from "./rotate";
export { largestMagnitude, subtract } from "./values";

/**
 * The first byte of memory that the module does not use itself. Everything from there on is for the
 * caller to lay out, because kernels allocate nothing.
 */
export function firstFree(): usize {
  return __heap_base;
}
