import { UPDATE_BLOCK_VALUES, referenceKernels, type Kernels } from "@tributary/protocol";

/**
 * Where sums live, and what adds to them: one for each thread that adds. Kernels in WebAssembly are fast, and take a
 * millisecond to make; those in TypeScript give the same bits.
 */
export class AccumulatorMemory {
  /** For codecs too, whose blocks then need not be copied. */
  readonly kernels: Kernels;
  /** Blocks that lie elsewhere pass through here. */
  readonly #block: number;
  /** Places that have been given back, by their number of sums: the memory of kernels never shrinks. */
  readonly #free: Map<number, number[]> = new Map();

  constructor(kernels: Kernels = referenceKernels()) {
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

  /** Returns sums that were taken; the next taker of this dimension gets them. */
  giveBack(at: number, dimension: number): void {
    const free = this.#free.get(dimension);
    if (free === undefined) this.#free.set(dimension, [at]);
    else free.push(at);
  }

  /** The sums at `at`: to be used at once, since the memory moves when it grows. */
  sums(at: number, dimension: number): Float64Array {
    return new Float64Array(this.kernels.memory.buffer, at, dimension);
  }

  /** As `AccumulateKernels.accumulate`. @param block - Float32, at most `UPDATE_BLOCK_VALUES`; not modified. */
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
