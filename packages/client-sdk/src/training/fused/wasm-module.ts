import { TributaryError } from "@tributary/protocol";
import { FUSED_MODULE_BASE64 } from "./fused-module.generated.ts";
import type { KernelFunctions } from "./kernel-functions.ts";
import { padded, type KernelSource } from "./kernels.ts";

type FusedExports = KernelFunctions & {
  readonly memory: WebAssembly.Memory;
  firstFree(): number;
  /** See `measureSimdLimit`. */
  readonly peak: (rounds: number, seed: number) => number;
};

const PAGE_VALUES = 65_536 / 4;

/**
 * Compiles the module, asynchronously: pages may not compile large ones otherwise.
 * @returns `undefined` where there is no WebAssembly, no SIMD in it, or a policy without `wasm-unsafe-eval`.
 */
export async function compileFusedModule(): Promise<WebAssembly.Module | undefined> {
  if (typeof WebAssembly === "undefined") return undefined;
  try {
    return await WebAssembly.compile(bytesOf(FUSED_MODULE_BASE64));
  } catch {
    return undefined;
  }
}

/** Makes kernels of a module, each with a memory of its own. */
export function wasmKernels(module: WebAssembly.Module): KernelSource {
  return async () => {
    const exports = await instantiate(module);
    const { memory } = exports;
    let heap = new Float32Array(memory.buffer);
    return {
      ...exports,
      name: "wasm",
      firstFree: padded(exports.firstFree() / 4),
      heap: () => heap,
      reserve(size) {
        const missing = size - memory.buffer.byteLength / 4;
        if (missing <= 0) return;
        try {
          memory.grow(Math.ceil(missing / PAGE_VALUES));
        } catch (error) {
          throw new TributaryError("MODEL_UNSUPPORTED", `There is no memory for ${size} values`, {
            remedy: "Train a smaller model, or with smaller batches.",
            cause: error,
          });
        }
        heap = new Float32Array(memory.buffer);
      },
    };
  };
}

/** Floating-point operations in one round of `peak`. */
const PEAK_OPERATIONS = 4 * (8 * 8 + 2 * 4);

/**
 * Runs multiply-adds between registers only.
 * @param rounds - About 10 million take a second.
 * @returns How many floating-point operations those were.
 */
export async function simdLimit(module: WebAssembly.Module): Promise<(rounds: number) => number> {
  const { peak } = await instantiate(module);
  return (rounds) => {
    peak(rounds, -1);
    return rounds * PEAK_OPERATIONS;
  };
}

async function instantiate(module: WebAssembly.Module): Promise<FusedExports> {
  const instance = await WebAssembly.instantiate(module, {});
  return instance.exports as WebAssembly.Exports & FusedExports;
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
