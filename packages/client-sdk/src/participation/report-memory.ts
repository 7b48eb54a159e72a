import {
  rangesSize,
  type Address,
  type UpdateCodec,
  type UpdateKernels,
  type ValueRange,
} from "@tributary/protocol";

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
  /** The codec of all updates. */
  readonly codec: UpdateCodec;
  /** Where a payload lies in the memory of the kernels, and how long it is at most. */
  readonly #payload: { readonly at: Address; readonly bytes: number };

  /**
   * @param size - Number of parameters of the model.
   * @param updated - Those of them that updates are about.
   * @param codec - Works with the same kernels.
   */
  constructor(
    kernels: UpdateKernels,
    {
      size,
      updated,
      codec,
    }: {
      readonly size: number;
      readonly updated: readonly ValueRange[];
      readonly codec: UpdateCodec;
    },
  ) {
    this.#kernels = kernels;
    this.#before = kernels.allocate(4 * size);
    this.#after = kernels.allocate(4 * size);
    this.weights = new Float32Array(size);
    this.#update = new Float32Array(rangesSize(updated));
    this.codec = codec;
    const bytes = codec.payloadBytes(this.#update.length).max;
    this.#payload = { at: kernels.allocate(bytes), bytes };
  }

  /**
   * Where a codec may write an update: in the memory of the kernels, where nobody need copy it to check
   * or add it. When the kernels allocate, it is empty from then on.
   */
  get payload(): Uint8Array {
    const { at, bytes } = this.#payload;
    return new Uint8Array(this.#kernels.memory.buffer, at, bytes);
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
