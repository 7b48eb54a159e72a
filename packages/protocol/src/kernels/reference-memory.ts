import type { Address } from "./address.ts";
import { WORKSPACE_BYTES, type KernelMemory } from "./update-kernels.ts";

/** Views of one buffer, made anew when the memory grows. */
interface MemoryViews {
  readonly bytes: Uint8Array;
  readonly codes: Uint16Array;
  readonly words: Uint32Array;
  readonly values: Float32Array;
}

/** The memory of the kernels in TypeScript. It grows like the memory of a WebAssembly module. */
export class ReferenceMemory implements KernelMemory {
  /** Not 0, which stands for an array that is not there. */
  readonly workspace: Address = 16;
  #views: MemoryViews = viewsOf(new ArrayBuffer(2 * WORKSPACE_BYTES));
  #used = this.workspace + WORKSPACE_BYTES;

  get memory(): { readonly buffer: ArrayBuffer } {
    return { buffer: this.#views.values.buffer as ArrayBuffer };
  }

  /** The whole memory. A view from before `allocate` may be an old one. */
  get bytes(): Uint8Array {
    return this.#views.bytes;
  }

  /** A view of float32 values. Without a count it reaches to the end of the memory. */
  valuesAt(address: Address, count?: number): Float32Array {
    const start = address >>> 2;
    return this.#views.values.subarray(start, count === undefined ? undefined : start + count);
  }

  /** A view of uint16 codes. */
  codesAt(address: Address, count: number): Uint16Array {
    return this.#views.codes.subarray(address >>> 1, (address >>> 1) + count);
  }

  /** A view of uint32 words. Without a count it reaches to the end of the memory. */
  wordsAt(address: Address, count?: number): Uint32Array {
    const start = address >>> 2;
    return this.#views.words.subarray(start, count === undefined ? undefined : start + count);
  }

  allocate(byteLength: number): Address {
    const address = this.#used;
    this.#used += Math.ceil(byteLength / 16) * 16;
    if (this.#used > this.#views.bytes.length) {
      const grown = new Uint8Array(Math.max(this.#used, 2 * this.#views.bytes.length));
      grown.set(this.#views.bytes);
      this.#views = viewsOf(grown.buffer);
    }
    return address;
  }
}

function viewsOf(buffer: ArrayBuffer): MemoryViews {
  return {
    bytes: new Uint8Array(buffer),
    codes: new Uint16Array(buffer),
    words: new Uint32Array(buffer),
    values: new Float32Array(buffer),
  };
}
