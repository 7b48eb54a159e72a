import { decodeKernelModule, type Address } from "@tributary/protocol";
import { valueAccess } from "../kernel-memory.ts";
import type { TrainingKernelSource } from "../training-kernels.ts";
import { TRAINING_KERNELS_MODULE } from "./kernels-module.generated.ts";
import { kernelFunctions, type PositionalKernels } from "./positional-kernels.ts";

/** What the module exports: its kernels, its memory, and loops to measure a core with. */
interface ModuleExports extends PositionalKernels {
  readonly memory: WebAssembly.Memory;
  readonly firstFree: () => Address;
  /** See `registerLoops`. */
  readonly peakOfTile: (rounds: number, seed: number) => number;
  readonly peakOfChains: (rounds: number, seed: number) => number;
}

/** WebAssembly memory grows by whole pages of this size. */
const PAGE_BYTES = 65_536;
/** The first array begins at a cache line, as `Arena` lets all others do. */
const CACHE_LINE_BYTES = 64;

/**
 * Compiles the module, asynchronously: a page may not compile a large one in any other way.
 * @returns `undefined` where there is no WebAssembly, where it has no SIMD, and where the page's
 *   policy lacks `wasm-unsafe-eval`.
 */
export async function compileTrainingKernels(): Promise<WebAssembly.Module | undefined> {
  if (typeof WebAssembly === "undefined") return undefined;
  try {
    return await WebAssembly.compile(decodeKernelModule(TRAINING_KERNELS_MODULE));
  } catch {
    return undefined;
  }
}

/** Makes kernels of a compiled module, each time with a memory of their own. */
export function wasmKernels(module: WebAssembly.Module): TrainingKernelSource {
  return async () => {
    const {
      memory,
      firstFree,
      peakOfTile: _tile,
      peakOfChains: _chains,
      ...kernels
    } = await instantiate(module);
    // One view for all calls, until the memory grows: growing detaches the buffer that views see.
    let heap = new Float32Array(memory.buffer);
    return {
      ...kernelFunctions(kernels),
      ...valueAccess(() => heap),
      name: "wasm",
      memory,
      firstFree: Math.ceil(firstFree() / CACHE_LINE_BYTES) * CACHE_LINE_BYTES,
      reserve(byteLength) {
        const missing = byteLength - memory.buffer.byteLength;
        if (missing <= 0) return;
        memory.grow(Math.ceil(missing / PAGE_BYTES));
        heap = new Float32Array(memory.buffer);
      },
    };
  };
}

/** A loop of multiplications and additions that neither reads nor writes memory. */
export interface RegisterLoop {
  /** The number of floating-point operations in one round. */
  readonly operations: number;
  readonly run: (rounds: number) => void;
}

/**
 * Gives loops that come near what one core can do at most. Which of them comes nearest depends on
 * the compiler of the host.
 */
export async function registerLoops(module: WebAssembly.Module): Promise<readonly RegisterLoop[]> {
  const { peakOfTile, peakOfChains } = await instantiate(module);
  return [
    { operations: 4 * (8 * 8 + 2 * 4), run: (rounds) => void peakOfTile(rounds, -1) },
    { operations: 4 * 12 * 8, run: (rounds) => void peakOfChains(rounds, 0.5) },
  ];
}

async function instantiate(module: WebAssembly.Module): Promise<ModuleExports> {
  const instance = await WebAssembly.instantiate(module, {});
  return instance.exports as WebAssembly.Exports & ModuleExports;
}
