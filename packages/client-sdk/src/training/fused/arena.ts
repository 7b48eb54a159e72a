import { TributaryError } from "@tributary/protocol";
import { padded, type Kernels } from "./kernels.ts";

/** Past the end of everything: loads of whole vectors may reach over the last array. */
const SLACK = 64;

/** Lays out a kernels' memory, from its beginning. Nothing is given back. */
export class Arena {
  readonly #kernels: Kernels;
  readonly #largestLayer: string;
  #next: number;
  readonly #scratch: { place: number; size: number } = { place: 0, size: 0 };

  /** @param largestLayer - Named when there is not enough memory. */
  constructor(kernels: Kernels, largestLayer: string) {
    this.#kernels = kernels;
    this.#largestLayer = largestLayer;
    this.#next = kernels.firstFree;
  }

  /** @returns The place of `size` values, which begin a cache line. */
  allocate(size: number): number {
    const place = this.#next;
    this.#next += padded(size);
    return place;
  }

  /** Memory shared with everyone who asks for scratch; has its place after `commit`. */
  scratch(size: number): { readonly place: number } {
    this.#scratch.size = Math.max(this.#scratch.size, size);
    return this.#scratch;
  }

  /**
   * More memory after `commit`. Views from before are detached.
   * @throws TributaryError as `commit`.
   */
  extend(size: number): number {
    const place = this.allocate(size);
    this.#reserve();
    return place;
  }

  /**
   * Makes the memory real.
   * @throws TributaryError `MODEL_UNSUPPORTED` when there is not as much.
   */
  commit(): void {
    this.#scratch.place = this.allocate(this.#scratch.size);
    this.#reserve();
  }

  #reserve(): void {
    try {
      this.#kernels.reserve(this.#next + SLACK);
    } catch (error) {
      const layer = this.#largestLayer;
      throw new TributaryError(
        "MODEL_UNSUPPORTED",
        `There is no memory for the model's ${this.#next} values, of which the layer ${layer} takes the most`,
        {
          remedy: "Train a smaller model, or with smaller batches.",
          context: { layer },
          cause: error,
        },
      );
    }
  }
}
