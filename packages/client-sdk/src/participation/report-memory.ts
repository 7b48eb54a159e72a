import { rangesSize, type Address, type UpdateKernels, type ValueRange } from "@tributary/protocol";

/**
 * Memory in which the reports of many clients are made, one after the other. Each report overwrites
 * the one before: its weights, its update and its payload.
 */
export class ReportMemory {
  readonly #kernels: UpdateKernels;
  /** Where the parameters before and after training lie in the memory of the kernels. */
  readonly #before: Address;
  readonly #after: Address;
  /** The parameters that lie at `#before`. */
  #global: Float32Array | undefined;
  /** Where a trainer may write parameters. */
  readonly weights: Float32Array;
  readonly #update: Float32Array;
  /** Where a codec may write an update. */
  readonly payload: Uint8Array;

  /**
   * @param size - Number of parameters of the model.
   * @param updated - Those of them that updates are about.
   * @param payloadBytes - The most bytes of an encoded update.
   */
  constructor(
    kernels: UpdateKernels,
    {
      size,
      updated,
      payloadBytes,
    }: {
      readonly size: number;
      readonly updated: readonly ValueRange[];
      readonly payloadBytes: number;
    },
  ) {
    this.#kernels = kernels;
    this.#before = kernels.allocate(4 * size);
    this.#after = kernels.allocate(4 * size);
    this.weights = new Float32Array(size);
    this.#update = new Float32Array(rangesSize(updated));
    this.payload = new Uint8Array(payloadBytes);
  }

  /**
   * Computes an update as `modelUpdate` does.
   * @param global - Must not change as long as the same array is given again.
   */
  updateOf(
    local: Float32Array,
    global: Float32Array,
    updated: readonly ValueRange[],
  ): Float32Array {
    const { length } = this.weights;
    const at = (address: Address): Float32Array =>
      new Float32Array(this.#kernels.memory.buffer, address, length);
    if (global !== this.#global) {
      at(this.#before).set(global);
      this.#global = global;
    }
    const after = at(this.#after);
    after.set(local);
    this.#kernels.subtract(this.#after, this.#before, length, this.#after);
    let filled = 0;
    for (const range of updated) {
      this.#update.set(after.subarray(range.offset, range.offset + range.length), filled);
      filled += range.length;
    }
    return this.#update;
  }
}
