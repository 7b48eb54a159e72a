import type { ActivationKernels } from "./activation-kernels.ts";
import type { ArrangementKernels } from "./arrangement-kernels.ts";
import type { AttentionKernels } from "./attention-kernels.ts";
import type { ColumnKernels } from "./column-kernels.ts";
import type { ConvolutionKernels, DepthwiseKernels, PoolingKernels } from "./image-kernels.ts";
import type { TrainingMemory } from "./kernel-memory.ts";
import type { MultiplyKernels } from "./multiply-kernels.ts";
import type {
  DropoutKernels,
  ElementwiseKernels,
  GeluKernels,
  LossKernels,
  NormalizationKernels,
  OptimizerKernels,
  ProbabilityKernels,
} from "./number-kernels.ts";
import type { RecurrentKernels } from "./sequence-kernels.ts";

/**
 * Everything that a network is computed with. There are two implementations with the same bits: the
 * WebAssembly module (`wasm/`), and its plain twin (`reference/`), which is the specification:
 * float32 throughout, one rounding for each operation, and every sum in the order of the twin's
 * loops.
 *
 * Kernels take addresses in their memory (see `Address` of `@tributary/protocol`) and values that
 * are made of addresses, such as `Matrix`. Those values are made once, when a network is laid out;
 * a step of the training makes none. Arrays begin at a multiple of 16 bytes, and the memory up to
 * the next multiple of 16 bytes after their end belongs to them too: kernels over `size` values may
 * compute what lies there as well. Arrays that a kernel writes may not overlap those that it reads,
 * unless the kernel says that it works in place.
 */
export interface KernelFunctions
  extends
    MultiplyKernels,
    ConvolutionKernels,
    DepthwiseKernels,
    PoolingKernels,
    ArrangementKernels,
    ElementwiseKernels,
    ActivationKernels,
    GeluKernels,
    NormalizationKernels,
    ColumnKernels,
    DropoutKernels,
    RecurrentKernels,
    AttentionKernels,
    LossKernels,
    ProbabilityKernels,
    OptimizerKernels {}

/** The kernels of the fused trainer together with their memory. */
export interface TrainingKernels extends KernelFunctions, TrainingMemory {
  /** Whether these kernels compute in WebAssembly, or in TypeScript (`reference`). */
  readonly name: "wasm" | "reference";
}

/** Makes kernels with a memory of their own. */
export type TrainingKernelSource = () => Promise<TrainingKernels>;

/** `size` values rounded up to whole cache lines of 64 bytes. */
export const padded = (size: number): number => Math.ceil(size / 16) * 16;
