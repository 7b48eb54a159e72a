import { UPDATE_BLOCK_VALUES, referenceKernels, type UpdateKernels } from "@tributary/protocol";

/**
 * The memory that holds sums, and the kernels that add to them. Each thread that adds has one.
 * Kernels in WebAssembly are fast and take a millisecond to make; those in TypeScript give the same
 * bits.
 */
export class AccumulatorMemory {
  /** Codecs should use these kernels too: their blocks then need not be copied. */
  readonly kernels: UpdateKernels;
  /** Where blocks that lie in other memory are copied to before they are added. */
  readonly #block: number;
  /**
   * Places that have been given back, by their number of sums. They are used again, since the
   * memory of kernels never shrinks.
   */
  readonly #free: Map<number, number[]> = new Map();

  constructor(kernels: UpdateKernels = referenceKernels()) {
    this.kernels = kernels;
    this.#block = kernels.allocate(4 * UPDATE_BLOCK_VALUES);
  }

  /** Makes room for `dimension` sums, all 0. @returns Where they are. */
  take(dimension: number): number {
    const at = this.#free.get(dimension)?.pop();
    if (at === undefined) return this.kernels.allocate(8 * dimension);
    this.sums(at, dimension).fill(0);
    return at;
  }

  /** Gives the place of `dimension` sums back for others. */
  giveBack(at: number, dimension: number): void {
    const free = this.#free.get(dimension);
    if (free === undefined) this.#free.set(dimension, [at]);
    else free.push(at);
  }

  /** The sums at `at`. Use the array at once: the memory moves when it grows. */
  sums(at: number, dimension: number): Float64Array {
    return new Float64Array(this.kernels.memory.buffer, at, dimension);
  }

  /**
   * Adds a block to the sums at `sums`: as `AccumulateKernels.accumulate`.
   * @param block - Float32, `UPDATE_BLOCK_VALUES` values at most; not modified.
   */
  accumulate(block: Float32Array, scale: number, sums: number): void {
    const { buffer } = this.kernels.memory;
    let at = block.byteOffset;
    if (block.buffer !== buffer) {
      at = this.#block;
      new Float32Array(buffer, at, block.length).set(block);
    }
    this.kernels.accumulate(at, block.length, scale, sums);
  }
}
