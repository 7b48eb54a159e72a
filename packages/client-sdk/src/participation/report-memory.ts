import {
  rangesSize,
  type Address,
  type UpdateCodec,
  type UpdateKernels,
  type ValueRange,
} from "@tributary/protocol";

/**
 * Memory in which the reports of many clients are made, one after the other, all of it in the memory
 * of the kernels. Each report overwrites the one before: its weights, its update and its payload.
 * When the kernels allocate, what has been given from here is empty from then on.
 */
export class ReportMemory {
  readonly #kernels: UpdateKernels;
  /** Number of parameters of the model. */
  readonly #size: number;
  /** Number of values of an update. */
  readonly #updated: number;
  /** Where the parameters before and after training lie. */
  readonly #before: Address;
  readonly #after: Address;
  /** The parameters that lie at `#before`. */
  #global: Float32Array | undefined;
  readonly #update: Address;
  /** Where a payload lies, and how long it is at most. */
  readonly #payload: { readonly at: Address; readonly bytes: number };

  /**
   * @param size - Number of parameters of the model.
   * @param updated - Those of them that updates are about.
   * @param codec - Of all updates.
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
    this.#size = size;
    this.#updated = rangesSize(updated);
    this.#before = kernels.allocate(4 * size);
    this.#after = kernels.allocate(4 * size);
    this.#update = kernels.allocate(4 * this.#updated);
    const bytes = codec.payloadBytes(this.#updated).max;
    this.#payload = { at: codec.isVerbatim ? this.#update : kernels.allocate(bytes), bytes };
  }

  /** Where a trainer may write parameters. */
  get weights(): Float32Array {
    return this.#valuesAt(this.#after, this.#size);
  }

  /** Where a codec may write an update, so that nobody need copy it to check or add it. */
  get payload(): Uint8Array {
    const { at, bytes } = this.#payload;
    return new Uint8Array(this.#kernels.memory.buffer, at, bytes);
  }

  /**
   * Computes an update as `modelUpdate` does.
   * @param local - Those in `weights`, or others.
   * @param global - Must not change as long as the same array is given again.
   */
  updateOf(
    local: Float32Array,
    global: Float32Array,
    updated: readonly ValueRange[],
  ): Float32Array {
    if (global !== this.#global) {
      this.#valuesAt(this.#before, this.#size).set(global);
      this.#global = global;
    }
    const isThere =
      local.buffer === this.#kernels.memory.buffer && local.byteOffset === this.#after;
    if (!isThere) this.weights.set(local);
    let filled = this.#update;
    for (const { offset, length } of updated) {
      const [after, before] = [this.#after + 4 * offset, this.#before + 4 * offset];
      this.#kernels.subtract(after, before, length, filled);
      filled += 4 * length;
    }
    return this.#valuesAt(this.#update, this.#updated);
  }

  #valuesAt(address: Address, length: number): Float32Array {
    return new Float32Array(this.#kernels.memory.buffer, address, length);
  }
}
