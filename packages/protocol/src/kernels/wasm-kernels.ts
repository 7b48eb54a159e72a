import { TributaryError } from "../errors.ts";
import type { Address } from "./address.ts";
import { decodeKernelModule } from "./decode-kernel-module.ts";
import { UPDATE_KERNELS_MODULE } from "./kernels-module.generated.ts";
import { WORKSPACE_BYTES, type KernelMemory, type UpdateKernels } from "./update-kernels.ts";

/** What the module exports: its kernels, its memory, and the first address that is free. */
type KernelExports = Omit<UpdateKernels, keyof KernelMemory | "name"> & {
  readonly memory: WebAssembly.Memory;
  readonly firstFree: () => Address;
};

const PAGE_BYTES = 65_536;

/**
 * Makes kernels with a memory of their own: in WebAssembly where the host has it with SIMD and
 * allows it, otherwise in TypeScript, with the same bits. Make them once for each thread of work;
 * two calls share nothing. A page with a content security policy needs `wasm-unsafe-eval` for the
 * fast kernels.
 */
export async function createKernels(): Promise<UpdateKernels> {
  if (typeof WebAssembly !== "undefined") {
    try {
      const { instance } = await WebAssembly.instantiate(
        decodeKernelModule(UPDATE_KERNELS_MODULE),
        {},
      );
      return kernelsOf(instance);
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
  }
  // Loaded only where it is needed, since nearly every host has WebAssembly.
  const { referenceKernels } = await import("./reference-kernels.ts");
  return referenceKernels();
}

/**
 * Does the same as `createKernels` without a promise. Use it in Node and in workers only: the main
 * thread of a browser may refuse to compile modules above 4 KiB synchronously.
 * @throws TributaryError `ENGINE_UNAVAILABLE` where the host has no WebAssembly with SIMD or refuses it.
 */
export function createKernelsSync(): UpdateKernels {
  try {
    return kernelsOf(
      new WebAssembly.Instance(new WebAssembly.Module(decodeKernelModule(UPDATE_KERNELS_MODULE))),
    );
  } catch (cause) {
    if (typeof WebAssembly !== "undefined" && !isRefusal(cause)) throw cause;
    throw new TributaryError(
      "ENGINE_UNAVAILABLE",
      "The codecs cannot compute in WebAssembly here",
      {
        remedy: "Give them the kernels of createKernels, which has others where there is none.",
        cause,
      },
    );
  }
}

/**
 * Whether the host refuses the module. A host without SIMD and a policy that forbids WebAssembly throw
 * a `CompileError`; a `RangeError` is a browser's refusal of a large module. Any other error is a
 * mistake in this package.
 */
const isRefusal = (error: unknown): boolean =>
  error instanceof WebAssembly.CompileError || error instanceof RangeError;

function kernelsOf(instance: WebAssembly.Instance): UpdateKernels {
  const exports = instance.exports as KernelExports;
  const { memory, firstFree, ...kernels } = exports;
  let used = Math.ceil(firstFree() / 16) * 16;
  const allocate = (byteLength: number): Address => {
    const address = used;
    used += Math.ceil(byteLength / 16) * 16;
    const missing = used - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
    return address;
  };
  return { name: "wasm", memory, workspace: allocate(WORKSPACE_BYTES), allocate, ...kernels };
}
