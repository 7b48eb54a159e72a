import {
  UPDATE_BLOCK_VALUES,
  WORKSPACE_BYTES,
  referenceKernels,
  type UpdateKernels,
} from "@tributary/protocol";

/**
 * The memory that holds sums, and the kernels that add to them. Each thread that adds updates has
 * one. Kernels in WebAssembly are fast, but it takes a millisecond to make them. The kernels in
 * TypeScript need no time to make and give the same bits.
 */
export class AccumulatorMemory {
  /**
   * The kernels that add. Codecs should decode with the same kernels, since their blocks are then
   * in this memory already and need not be copied.
   */
  readonly kernels: UpdateKernels;
  /** Address of the block to which values from other memory are copied before they are added. */
  readonly #block: number;
  /**
   * Addresses that have been given back, by their number of sums. They are used again, because the
   * memory of kernels cannot be freed.
   */
  readonly #free: Map<number, number[]> = new Map();

  /** @param kernels - The kernels to add with; those in TypeScript unless given. */
  constructor(kernels: UpdateKernels = referenceKernels()) {
    this.kernels = kernels;
    this.#block = kernels.allocate(4 * UPDATE_BLOCK_VALUES);
  }

  /**
   * Reserves memory for sums and sets all of them to 0.
   * @param dimension - Number of sums.
   * @returns Their address, in bytes.
   */
  take(dimension: number): number {
    return this.#free.get(dimension)?.pop() ?? this.kernels.allocate(8 * dimension);
  }

  /** Sets the sums at an address from `take` to 0, and makes their memory available again. */
  giveBack(at: number, dimension: number): void {
    this.sums(at, dimension).fill(0);
    const free = this.#free.get(dimension);
    if (free === undefined) this.#free.set(dimension, [at]);
    else free.push(at);
  }

  /**
   * Returns a view of the sums at the address `at`. The caller must not keep the view: when more
   * memory is taken, the memory may move, and the view becomes empty.
   */
  sums(at: number, dimension: number): Float64Array {
    return new Float64Array(this.kernels.memory.buffer, at, dimension);
  }

  /**
   * Adds a block, multiplied by `scale`, to sums, as `AccumulateKernels.accumulate` does.
   * @param block - Float32, at most `UPDATE_BLOCK_VALUES` values; not modified.
   * @param sums - Address of the first sum that is added to; modified.
   */
  accumulate(block: Float32Array, scale: number, sums: number): void {
    this.kernels.accumulate(this.#addressOf(block), block.length, scale, sums);
  }

  /** Zeroes what codecs and copies have left of single updates in this memory. */
  forgetUpdates(): void {
    const { memory, workspace } = this.kernels;
    new Uint8Array(memory.buffer, workspace, WORKSPACE_BYTES).fill(0);
    new Float32Array(memory.buffer, this.#block, UPDATE_BLOCK_VALUES).fill(0);
  }

  /**
   * Returns the sum of a block's squared values, as `QuantizeKernels.sumOfSquares` does.
   * @param block - As for `accumulate`.
   */
  sumOfSquares(block: Float32Array): number {
    return this.kernels.sumOfSquares(this.#addressOf(block), block.length);
  }

  /** Returns where a block lies in the memory, and copies it there if it lies elsewhere. */
  #addressOf(block: Float32Array): number {
    const { buffer } = this.kernels.memory;
    if (block.buffer === buffer) return block.byteOffset;
    new Float32Array(buffer, this.#block, block.length).set(block);
    return this.#block;
  }
}
