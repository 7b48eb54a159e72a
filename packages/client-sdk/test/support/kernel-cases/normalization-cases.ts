import type { Address } from "@tributary/protocol";
import type { CallDraft } from "@tributary/protocol/testing";
import type {
  ColumnKernels,
  ColumnNorm,
} from "../../../src/training/fused/kernels/column-kernels.ts";
import type {
  GroupNorm,
  NormalizationKernels,
} from "../../../src/training/fused/kernels/number-kernels.ts";
import type { TrainingKernelCase } from "./kernel-case.ts";

/** A normalisation, how many examples it has, and how many values. */
function drawGroupNorm(draft: CallDraft): { norm: GroupNorm; examples: number; size: number } {
  const [examples, pixels, groups] = [draft.size(9), draft.size(9), draft.size(3)];
  const channels = draft.size(9) * groups;
  const size = examples * pixels * channels;
  const perChannel = (): Address => (draft.flag() ? draft.values(channels) : 0);
  return {
    norm: {
      ...{
        x: draft.values(size),
        y: draft.room(4 * size),
        stats: draft.room(8 * examples * groups),
      },
      ...{ gamma: perChannel(), beta: perChannel(), epsilon: 1e-3, pixels, channels, groups },
    },
    examples,
    size,
  };
}

/** A normalisation of columns, and what draws an array for each column that may be absent. */
function drawColumnNorm(draft: CallDraft): { norm: ColumnNorm; perColumn: () => Address } {
  const [rows, columns] = [draft.size(37), draft.size(37)];
  const [mean, inverse] = [draft.values(columns), draft.values(columns)];
  return {
    norm: { x: draft.values(rows * columns), mean, inverse, rows, columns },
    perColumn: () => (draft.flag() ? draft.values(columns) : 0),
  };
}

/** Kernels that normalise. */
export const NORMALIZATION_CASES: Readonly<
  Record<keyof (NormalizationKernels & ColumnKernels), TrainingKernelCase>
> = {
  groupNorm(draft) {
    const { norm, examples } = drawGroupNorm(draft);
    return (kernels) => kernels.groupNorm(norm, examples);
  },
  groupNormGradient(draft) {
    const { norm, examples, size } = drawGroupNorm(draft);
    const [dy, dx] = [draft.values(size), draft.room(4 * size)];
    return (kernels) => {
      kernels.groupNorm(norm, examples);
      kernels.groupNormGradient(norm, dy, dx, examples);
    };
  },
  groupNormScaleGradient(draft) {
    const { norm, examples, size } = drawGroupNorm(draft);
    const [dy, gradient] = [draft.values(size), draft.room(4 * norm.channels)];
    return (kernels) => {
      kernels.groupNorm(norm, examples);
      kernels.groupNormScaleGradient(norm, dy, gradient, examples);
    };
  },
  scaleColumns(draft) {
    const [rows, columns] = [draft.size(37), draft.size(37)];
    const [x, y] = [draft.values(rows * columns), draft.room(4 * rows * columns)];
    const [factor, term] = [draft.values(columns), draft.flag() ? draft.values(columns) : 0];
    return (kernels) => kernels.scaleColumns(x, y, factor, term, rows, columns);
  },
  columnMoments(draft) {
    const [rows, columns] = [draft.size(37), draft.size(37)];
    const x = draft.values(rows * columns);
    const [mean, variance] = [draft.room(4 * columns), draft.room(4 * columns)];
    return (kernels) => kernels.columnMoments(x, rows, columns, mean, variance);
  },
  normalizeColumns(draft) {
    const { norm, perColumn } = drawColumnNorm(draft);
    const [y, gamma, beta] = [draft.room(4 * norm.rows * norm.columns), perColumn(), perColumn()];
    return (kernels) => kernels.normalizeColumns(norm, y, gamma, beta);
  },
  columnProducts(draft) {
    const { norm } = drawColumnNorm(draft);
    const [dy, to] = [draft.values(norm.rows * norm.columns), draft.room(4 * norm.columns)];
    return (kernels) => kernels.columnProducts(norm, dy, to);
  },
  normalizeColumnsGradient(draft) {
    const { norm, perColumn } = drawColumnNorm(draft);
    const { rows, columns } = norm;
    const slopes = {
      ...{ dy: draft.values(rows * columns) },
      ...{ shift: draft.values(columns), tilt: draft.values(columns) },
    };
    const [dx, gamma] = [draft.room(4 * rows * columns), perColumn()];
    return (kernels) => kernels.normalizeColumnsGradient(norm, slopes, dx, gamma);
  },
};
