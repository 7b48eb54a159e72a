// The rule for addresses, which holds for every kernel of the project
// (packages/protocol/src/kernels/address.ts): an address is a number of bytes from the beginning of
// the memory and has the type `usize`; sizes, counts and strides are numbers of values and have the
// type `i32`. An address of 0 stands for an array that is not there.

/** The bytes that so many float32 values take. */
export function bytes(values: i32): usize {
  return (<usize>values) << 2;
}
