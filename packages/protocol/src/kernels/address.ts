/**
 * Where an array lies in the memory of some kernels. One rule holds for every kernel of the
 * project, for the update codecs here and for the fused trainer in the client SDK, in WebAssembly
 * and in TypeScript:
 *
 * - An address is a number of **bytes** from the beginning of the memory, from 0 to below 2³².
 * - Sizes, counts and strides are numbers of **values**, whatever the type of the value.
 * - An array begins at a multiple of the size of its values: 4 for float32, 2 for uint16 codes, 8
 *   for float64. An array of bytes may begin anywhere.
 * - Address 0 stands for an array that is not there, where a kernel can do without one. No array
 *   lies at 0, because the first bytes of the memory belong to the module.
 */
export type Address = number;
