import type { CallDraft, KernelCase } from "@tributary/protocol/testing";
import { matrix, type Matrix } from "../../../src/training/fused/kernels/matrix.ts";
import type { TrainingKernels } from "../../../src/training/fused/kernels/training-kernels.ts";

/** A case of one of the trainer's kernels. */
export type TrainingKernelCase = KernelCase<TrainingKernels>;

/** A case of a kernel that computes each value on its own. */
export const elementwise =
  (
    arrays: number,
    call: (kernels: TrainingKernels, size: number, at: number[]) => number | void,
  ): TrainingKernelCase =>
  (draft) => {
    const size = draft.size(1_000);
    const at = Array.from({ length: arrays }, () => draft.values(size));
    return (kernels) => call(kernels, size, at);
  };

/** A matrix of drawn values whose rows lie side by side, or with gaps between them. */
export function drawMatrix(draft: CallDraft, rows: number, columns: number, gap = 0): Matrix {
  return matrix(draft.values(rows * (columns + gap)), columns + gap);
}
