import type { CallDraft } from "@tributary/protocol/testing";
import {
  repeatedRow,
  ZEROS,
  matrix,
  type Matrix,
} from "../../../src/training/fused/kernels/matrix.ts";
import {
  inPanels,
  MATMUL_SCRATCH,
  type MultiplyKernels,
} from "../../../src/training/fused/kernels/multiply-kernels.ts";
import { drawMatrix, type TrainingKernelCase } from "./kernel-case.ts";

/** What sums begin with: zeros, the same row each time, or a matrix. */
function drawStart(draft: CallDraft, rows: number, columns: number): Matrix {
  if (draft.flag()) return ZEROS;
  return draft.flag() ? repeatedRow(draft.values(columns)) : drawMatrix(draft, rows, columns);
}

/** The sizes of a multiplication. Some are deeper than the blocks that `matmul` works in. */
const drawSizes = (draft: CallDraft): [m: number, n: number, k: number] => [
  draft.size(37),
  draft.size(80),
  draft.integer(0, 7) === 0 ? draft.integer(250, 300) : draft.size(40),
];

/** Kernels that multiply, transpose and add up matrices. */
export const MULTIPLY_CASES: Readonly<Record<keyof MultiplyKernels, TrainingKernelCase>> = {
  matmul(draft) {
    const [m, n, k] = drawSizes(draft);
    const a = draft.flag() ? drawMatrix(draft, m, k, 1) : matrix(draft.values(m * k), 1, m);
    const product = {
      a,
      b: drawMatrix(draft, k, n, draft.flag() ? 0 : 5),
      c: drawMatrix(draft, m, n, draft.flag() ? 0 : 3),
      start: drawStart(draft, m, n),
      scratch: { at: draft.scratch(4 * MATMUL_SCRATCH) },
    };
    return (kernels) => kernels.matmul(product, m, n, k);
  },
  packMatrix(draft) {
    const [, n, k] = drawSizes(draft);
    const b = drawMatrix(draft, k, n, 2);
    const to = { at: draft.room(4 * k * inPanels(n)) };
    return (kernels) => kernels.packMatrix(b, to, k, n);
  },
  matmulPacked(draft) {
    const [m, n, k] = drawSizes(draft);
    const packed = { at: draft.room(4 * k * inPanels(n)) };
    const b = drawMatrix(draft, k, n);
    const operands = { a: drawMatrix(draft, m, k, 1), c: drawMatrix(draft, m, n, 2) };
    const start = draft.flag() ? operands.c : drawStart(draft, m, n);
    return (kernels) => {
      kernels.packMatrix(b, packed, k, n);
      kernels.matmulPacked({ ...operands, packed, start }, m, n, k);
    };
  },
  descendAlong(draft) {
    const [m, n, k] = [draft.size(37), draft.size(80), draft.size(40)];
    const product = {
      a: matrix(draft.values(m * k), 1, m),
      b: drawMatrix(draft, k, n, draft.flag() ? 0 : 5),
      w: draft.values(m * n),
      scratch: { at: draft.scratch(4 * MATMUL_SCRATCH) },
    };
    return (kernels) => kernels.descendAlong(product, m, n, k, 0.1);
  },
  transpose(draft) {
    const [rows, columns] = [draft.size(37), draft.size(37)];
    const from = drawMatrix(draft, rows, columns, 1);
    const to = drawMatrix(draft, columns, rows, 2);
    return (kernels) => kernels.transpose(from, to, rows, columns);
  },
  columnSums(draft) {
    const [rows, columns] = [draft.size(37), draft.size(37)];
    const [from, to] = [draft.values(rows * columns), draft.values(columns)];
    return (kernels) => kernels.columnSums(from, rows, columns, to);
  },
};
