import { FUSED_MODULE_BASE64 } from "./fused-module.generated.ts";
import type { KernelFunctions } from "./kernel-functions.ts";
import { padded, type KernelSource } from "./kernels.ts";

type FusedExports = KernelFunctions & {
  readonly memory: WebAssembly.Memory;
  firstFree(): number;
  /** See `registerLoops`. */
  readonly peakOfTile: (rounds: number, seed: number) => number;
  readonly peakOfChains: (rounds: number, seed: number) => number;
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
        memory.grow(Math.ceil(missing / PAGE_VALUES));
        heap = new Float32Array(memory.buffer);
      },
    };
  };
}

/** A loop of multiply-adds between registers only. */
export interface RegisterLoop {
  /** Floating-point operations in a round. */
  readonly operations: number;
  readonly run: (rounds: number) => void;
}

/** Loops that come near what one core can do; which comes nearest depends on the compiler. */
export async function registerLoops(module: WebAssembly.Module): Promise<readonly RegisterLoop[]> {
  const { peakOfTile, peakOfChains } = await instantiate(module);
  return [
    { operations: 4 * (8 * 8 + 2 * 4), run: (rounds) => void peakOfTile(rounds, -1) },
    { operations: 4 * 12 * 8, run: (rounds) => void peakOfChains(rounds, 0.5) },
  ];
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
