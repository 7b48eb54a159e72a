import { TributaryError, type Address } from "@tributary/protocol";
import type { Placed } from "./matrix.ts";
import { padded, type TrainingKernels } from "./training-kernels.ts";

/**
 * Bytes past the end of everything: kernels that load whole vectors may read behind the last array.
 */
const SLACK_BYTES = 256;

const VALUE_BYTES = 4;

/** Memory that layers use one after the other, each for the length of one call. */
export interface Scratch {
  /**
   * Places something in the scratch memory.
   * @param offset - How many values after the beginning of the scratch memory it lies.
   * @param value - What is known of it, such as the strides of a matrix.
   * @returns The value with its address `at`, which is right from `Arena.commit` on.
   */
  place<Value extends object>(offset: number, value: Value): Value & Placed;
}

/** Lays out the memory of some kernels from its beginning. Nothing is ever given back. */
export class Arena {
  readonly #kernels: TrainingKernels;
  readonly #largestLayer: string;
  #next: Address;
  #scratchSize = 0;
  /** The address of the scratch memory, from `commit` on. */
  #scratchAt: Address | undefined;
  /** What waits for its address until `commit`. */
  readonly #waiting: { readonly target: { at: Address }; readonly offset: number }[] = [];

  /** @param largestLayer - The layer to name when there is not enough memory. */
  constructor(kernels: TrainingKernels, largestLayer: string) {
    this.#kernels = kernels;
    this.#largestLayer = largestLayer;
    this.#next = kernels.firstFree;
  }

  /** @returns The address of room for `size` float32 values, a multiple of 64. */
  allocate(size: number): Address {
    const address = this.#next;
    this.#next += VALUE_BYTES * padded(size);
    return address;
  }

  /** Gives access to scratch memory of at least `size` float32 values, which everyone shares. */
  scratch(size: number): Scratch {
    this.#scratchSize = Math.max(this.#scratchSize, size);
    return {
      place: (offset, value) => {
        const target = { ...value, at: (this.#scratchAt ?? 0) + VALUE_BYTES * offset };
        if (this.#scratchAt === undefined) this.#waiting.push({ target, offset });
        return target;
      },
    };
  }

  /**
   * Allocates memory after `commit`. Views of the memory from before are empty afterwards.
   * @throws TributaryError as `commit` does.
   */
  extend(size: number): Address {
    const address = this.allocate(size);
    this.#reserve();
    return address;
  }

  /**
   * Reserves the memory that was laid out, and gives everything in the scratch memory its address.
   * @throws TributaryError `MODEL_UNSUPPORTED` when there is not as much memory.
   */
  commit(): void {
    const scratchAt = this.allocate(this.#scratchSize);
    this.#scratchAt = scratchAt;
    for (const { target, offset } of this.#waiting) target.at = scratchAt + VALUE_BYTES * offset;
    this.#waiting.length = 0;
    this.#reserve();
  }

  #reserve(): void {
    try {
      this.#kernels.reserve(this.#next + SLACK_BYTES);
    } catch (error) {
      const layer = this.#largestLayer;
      throw new TributaryError(
        "MODEL_UNSUPPORTED",
        `There is no memory for the model's ${this.#next / VALUE_BYTES} values, of which the layer ${layer} takes the most`,
        {
          remedy: "Train a smaller model, or with smaller batches.",
          context: { layer },
          cause: error,
        },
      );
    }
  }
}
