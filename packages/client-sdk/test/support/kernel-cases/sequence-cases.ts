import type { Address } from "@tributary/protocol";
import type { CallDraft } from "@tributary/protocol/testing";
import type { AttentionKernels } from "../../../src/training/fused/kernels/attention-kernels.ts";
import { ZEROS } from "../../../src/training/fused/kernels/matrix.ts";
import {
  CELL_ACTIVATIONS,
  type CellActivation,
  type GruMoment,
  type LstmMoment,
  type RecurrentKernels,
  type RecurrentMoment,
} from "../../../src/training/fused/kernels/sequence-kernels.ts";
import type { TrainingKernels } from "../../../src/training/fused/kernels/training-kernels.ts";
import { drawMatrix, type TrainingKernelCase } from "./kernel-case.ts";

const drawActivation = (draft: CallDraft): CellActivation =>
  CELL_ACTIVATIONS[draft.integer(0, CELL_ACTIVATIONS.length - 1)]!;

/** A moment of a recurrent layer whose rows have gaps between them, and its number of rows. */
function drawMoment(draft: CallDraft, gates: number): [RecurrentMoment, rows: number] {
  const [rows, units] = [draft.size(20), draft.size(21)];
  return [
    {
      z: drawMatrix(draft, rows, gates * units, 3),
      before: draft.flag() ? drawMatrix(draft, rows, units, 1) : ZEROS,
      h: drawMatrix(draft, rows, units, 1),
      dh: draft.values(rows * units),
      units,
      activation: drawActivation(draft),
      gateActivation: drawActivation(draft),
    },
    rows,
  ];
}

const lstm =
  (
    call: (kernels: TrainingKernels, moment: LstmMoment, rows: number) => void,
  ): TrainingKernelCase =>
  (draft) => {
    const [moment, rows] = drawMoment(draft, 4);
    const { units } = moment;
    const dc = draft.values(rows * units);
    const full: LstmMoment = { ...moment, c: drawMatrix(draft, rows, units, 1), dc };
    return (kernels) => call(kernels, full, rows);
  };

const simple =
  (
    call: (kernels: TrainingKernels, moment: RecurrentMoment, rows: number) => void,
  ): TrainingKernelCase =>
  (draft) => {
    const [moment, rows] = drawMoment(draft, 1);
    return (kernels) => call(kernels, moment, rows);
  };

const gru =
  (call: (kernels: TrainingKernels, moment: GruMoment, rows: number) => void): TrainingKernelCase =>
  (draft) => {
    const [moment, rows] = drawMoment(draft, 3);
    const [kept, dKept] = [draft.values(rows * moment.units), draft.values(rows * moment.units)];
    return (kernels) => call(kernels, { ...moment, kept, dKept }, rows);
  };

/** Whole numbers below `entries`, as float32. */
const drawIndices = (draft: CallDraft, count: number, entries: number): Address =>
  draft.put(Float32Array.from({ length: count }, () => draft.integer(0, entries - 1)));

/** Kernels over sequences. */
export const SEQUENCE_CASES: Readonly<
  Record<keyof (RecurrentKernels & AttentionKernels), TrainingKernelCase>
> = {
  lstmForward: lstm((kernels, moment, rows) => kernels.lstmForward(moment, rows)),
  lstmBackward: lstm((kernels, moment, rows) => kernels.lstmBackward(moment, rows)),
  gruGates: gru((kernels, moment, rows) => kernels.gruGates(moment, rows)),
  gruForward: gru((kernels, moment, rows) => kernels.gruForward(moment, rows)),
  gruBackward: gru((kernels, moment, rows) => kernels.gruBackward(moment, rows)),
  gruResetBackward: gru((kernels, moment, rows) => kernels.gruResetBackward(moment, rows)),
  simpleForward: simple((kernels, moment, rows) => kernels.simpleForward(moment, rows)),
  simpleBackward: simple((kernels, moment, rows) => kernels.simpleBackward(moment, rows)),
  attend(draft) {
    const [heads, moments, columns] = [draft.size(4), draft.size(12), draft.size(12)];
    const rows = heads * moments;
    const x = draft.values(rows * columns, 20);
    const scores = { x, rows, columns, scale: 0.3, moments, causal: draft.flag() };
    return (kernels) => kernels.attend(scores);
  },
  embed(draft) {
    const [rows, width, entries] = [draft.size(37), draft.size(37), draft.size(20)];
    const [indices, table] = [drawIndices(draft, rows, entries), draft.values(entries * width)];
    const to = draft.room(4 * rows * width);
    return (kernels) => kernels.embed(indices, table, to, rows, width);
  },
  embedGradient(draft) {
    const [rows, width, entries] = [draft.size(37), draft.size(37), draft.size(20)];
    const [indices, dy] = [drawIndices(draft, rows, entries), draft.values(rows * width)];
    const table = draft.room(4 * entries * width);
    return (kernels) => kernels.embedGradient(indices, dy, table, rows, width, entries);
  },
};
