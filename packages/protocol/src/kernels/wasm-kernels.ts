import { fromBase64Url } from "../bytes/base64url.ts";
import { TributaryError } from "../errors.ts";
import { KERNELS_MODULE } from "./kernels.generated.ts";
import { WORKSPACE_BYTES, type KernelMemory, type Kernels } from "./kernels.ts";
import { referenceKernels } from "./reference-kernels.ts";

/** What the module exports: its kernels, and the first byte that is free. */
type KernelExports = Omit<Kernels, keyof KernelMemory | "name"> & {
  readonly memory: WebAssembly.Memory;
  readonly heapBase: () => number;
};

const PAGE_BYTES = 65_536;

/**
 * Kernels of the caller's own, in WebAssembly where the host has it with SIMD and allows it, else the twin. Make them once
 * for each thread of work: nothing is shared between two. A page with a content security policy needs `wasm-unsafe-eval` for the
 * fast ones.
 */
export async function createKernels(): Promise<Kernels> {
  if (typeof WebAssembly === "undefined") return referenceKernels();
  try {
    const { instance } = await WebAssembly.instantiate(moduleBytes(), {});
    return kernelsOf(instance);
  } catch (error) {
    return fallBack(error);
  }
}

/** As `createKernels`, at once: for Node and workers, since a browser's main thread may refuse modules above 4 KiB. */
export function createKernelsSync(): Kernels {
  if (typeof WebAssembly === "undefined") return referenceKernels();
  try {
    return kernelsOf(new WebAssembly.Instance(new WebAssembly.Module(moduleBytes())));
  } catch (error) {
    return fallBack(error);
  }
}

function moduleBytes(): Uint8Array {
  const bytes = fromBase64Url(KERNELS_MODULE);
  if (bytes === undefined) throw new TributaryError("INTERNAL", "The kernels' module is no base64");
  return bytes;
}

/** No SIMD, or a policy that forbids it: both are `CompileError`s. Anything else is a fault of ours. */
function fallBack(error: unknown): Kernels {
  if (error instanceof WebAssembly.CompileError || error instanceof RangeError) {
    return referenceKernels();
  }
  throw error;
}

function kernelsOf(instance: WebAssembly.Instance): Kernels {
  const exports = instance.exports as KernelExports;
  const { memory, heapBase, ...kernels } = exports;
  let used = Math.ceil(heapBase() / 16) * 16;
  const allocate = (byteLength: number): number => {
    const at = used;
    used += Math.ceil(byteLength / 16) * 16;
    const missing = used - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
    return at;
  };
  return { name: "wasm", memory, workspace: allocate(WORKSPACE_BYTES), allocate, ...kernels };
}
