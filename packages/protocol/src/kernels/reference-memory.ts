import { WORKSPACE_BYTES, type KernelMemory } from "./kernels.ts";

/** Views of one buffer, made anew when it grows. */
export interface MemoryViews {
  readonly bytes: Uint8Array;
  readonly codes: Uint16Array;
  readonly words: Uint32Array;
  readonly values: Float32Array;
}

/** Memory of the twins: grows like that of a WebAssembly module. */
export class ReferenceMemory implements KernelMemory {
  readonly workspace = 0;
  #views: MemoryViews = viewsOf(new ArrayBuffer(WORKSPACE_BYTES));
  #used = WORKSPACE_BYTES;

  get memory(): { readonly buffer: ArrayBuffer } {
    return { buffer: this.#views.values.buffer as ArrayBuffer };
  }

  get views(): MemoryViews {
    return this.#views;
  }

  allocate(byteLength: number): number {
    const at = this.#used;
    this.#used += Math.ceil(byteLength / 16) * 16;
    if (this.#used > this.#views.bytes.length) {
      const grown = new Uint8Array(Math.max(this.#used, 2 * this.#views.bytes.length));
      grown.set(this.#views.bytes);
      this.#views = viewsOf(grown.buffer);
    }
    return at;
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
