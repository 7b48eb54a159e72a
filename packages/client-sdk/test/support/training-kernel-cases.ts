import type { KernelFunctions } from "../../src/training/fused/kernels/training-kernels.ts";
import { DESCENT_CASES } from "./kernel-cases/descent-cases.ts";
import { IMAGE_CASES } from "./kernel-cases/image-cases.ts";
import type { TrainingKernelCase } from "./kernel-cases/kernel-case.ts";
import { MULTIPLY_CASES } from "./kernel-cases/multiply-cases.ts";
import { NORMALIZATION_CASES } from "./kernel-cases/normalization-cases.ts";
import { SEQUENCE_CASES } from "./kernel-cases/sequence-cases.ts";
import { VALUE_CASES } from "./kernel-cases/value-cases.ts";

/** A call of every kernel of the fused trainer, with drawn arguments. */
export const TRAINING_KERNEL_CASES: Readonly<Record<keyof KernelFunctions, TrainingKernelCase>> = {
  ...MULTIPLY_CASES,
  ...IMAGE_CASES,
  ...VALUE_CASES,
  ...NORMALIZATION_CASES,
  ...SEQUENCE_CASES,
  ...DESCENT_CASES,
};
