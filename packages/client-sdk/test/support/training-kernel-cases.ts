import type { Address } from "@tributary/protocol";
import type { CallDraft, KernelCase } from "@tributary/protocol/testing";
import { CURVES, type Curve } from "../../src/training/fused/kernels/activation-kernels.ts";
import type { Arrangement, Axes } from "../../src/training/fused/kernels/arrangement-kernels.ts";
import type { ColumnNorm } from "../../src/training/fused/kernels/column-kernels.ts";
import type {
  Filter,
  FilterWindows,
  Images,
  PoolWindows,
} from "../../src/training/fused/kernels/image-kernels.ts";
import {
  matrix,
  repeatedRow,
  ZEROS,
  type Matrix,
} from "../../src/training/fused/kernels/matrix.ts";
import { inPanels, MATMUL_SCRATCH } from "../../src/training/fused/kernels/multiply-kernels.ts";
import type { GroupNorm } from "../../src/training/fused/kernels/number-kernels.ts";
import type {
  GruMoment,
  LstmMoment,
  RecurrentMoment,
} from "../../src/training/fused/kernels/sequence-kernels.ts";
import type {
  KernelFunctions,
  TrainingKernels,
} from "../../src/training/fused/kernels/training-kernels.ts";

type Case = KernelCase<TrainingKernels>;

/** A matrix of drawn values whose rows lie side by side, or with gaps between them. */
function drawMatrix(draft: CallDraft, rows: number, columns: number, gap = 0): Matrix {
  return matrix(draft.values(rows * (columns + gap)), columns + gap);
}

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

/** A filter of 2 × 3 over images that have room for it. */
interface Windowed {
  readonly images: number;
  readonly x: FilterWindows;
  readonly filter: Filter;
  /** The number of values of the output. */
  readonly size: number;
}

function drawWindows(draft: CallDraft, { depthwise = false } = {}): Windowed {
  const [images, channels, outputs, step] = [
    ...[draft.size(3), draft.size(9), draft.size(depthwise ? 3 : 11), draft.size(3)],
  ] as [number, number, number, number];
  const [height, width] = [draft.size(5) + 2, draft.size(6) + 3];
  const line = width * channels;
  const rows = Math.floor((height - 2) / step) + 1;
  const columns = Math.floor((width - 3) / step) + 1;
  const at = draft.values(images * height * line);
  return {
    images,
    x: {
      ...{ at, image: height * line, row: step * line, column: step * channels, line },
      ...{ rows, columns },
    },
    filter: {
      ...{ at: draft.values(6 * channels * outputs), height: 2, width: 3, channels, outputs },
    },
    size: images * rows * columns * (depthwise ? channels * outputs : outputs),
  };
}

const drawBias = (draft: CallDraft, { outputs }: Filter): Address =>
  draft.flag() ? draft.values(outputs) : 0;

/** Windows of 3 × 2 that reach over the upper, lower and right edges. */
function drawPool(draft: CallDraft): {
  images: number;
  windows: PoolWindows;
  x: number;
  y: number;
} {
  const [images, channels, step] = [draft.size(3), draft.size(9), draft.size(3)];
  const [height, width] = [draft.size(5), draft.size(6)];
  const [rows, columns] = [Math.ceil(height / step), Math.ceil(width / step)];
  return {
    images,
    windows: {
      ...{ height, width, channels, rows, columns },
      ...{ size: [3, 2], steps: [step, step], top: 1, left: 0 },
    },
    x: images * height * width * channels,
    y: images * rows * columns * channels,
  };
}

function drawImages(draft: CallDraft, count: number, shape: Omit<Images, "at">): Images {
  const { height, width, channels } = shape;
  return { ...shape, at: draft.values(count * height * width * channels) };
}

/** A case of a kernel that computes each value on its own. */
const elementwise =
  (
    arrays: number,
    call: (kernels: TrainingKernels, size: number, at: number[]) => number | void,
  ): Case =>
  (draft) => {
    const size = draft.size(1_000);
    const at = Array.from({ length: arrays }, () => draft.values(size));
    return (kernels) => call(kernels, size, at);
  };

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
      hard: draft.flag(),
    },
    rows,
  ];
}

const lstm =
  (call: (kernels: TrainingKernels, moment: LstmMoment, rows: number) => void): Case =>
  (draft) => {
    const [moment, rows] = drawMoment(draft, 4);
    const { units } = moment;
    const dc = draft.values(rows * units);
    const full: LstmMoment = { ...moment, c: drawMatrix(draft, rows, units, 1), dc };
    return (kernels) => call(kernels, full, rows);
  };

const gru =
  (call: (kernels: TrainingKernels, moment: GruMoment, rows: number) => void): Case =>
  (draft) => {
    const [moment, rows] = drawMoment(draft, 3);
    const [kept, dKept] = [draft.values(rows * moment.units), draft.values(rows * moment.units)];
    return (kernels) => call(kernels, { ...moment, kept, dKept }, rows);
  };

/** A normalisation, how many examples it has, and how many values. */
function drawGroupNorm(draft: CallDraft): { norm: GroupNorm; examples: number; size: number } {
  const [examples, pixels, groups] = [draft.size(3), draft.size(20), draft.size(3)];
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

const drawCurve = (draft: CallDraft): Curve => CURVES[draft.integer(0, CURVES.length - 1)]!;

/** Values in one order and in another: the middle axes exchanged, and one of them turned round. */
function drawArrangements(
  draft: CallDraft,
): Record<"from" | "to", Arrangement> & { sizes: Axes; examples: number } {
  const examples = draft.size(3);
  const sizes: Axes = [draft.size(4), draft.size(5), draft.size(21)];
  const [outer, middle, inner] = sizes;
  const size = examples * outer * middle * inner;
  const [from, to] = [draft.values(size), draft.values(size)];
  const example = outer * middle * inner;
  // The same row for all examples, or rows from the last one to the first.
  const repeats = draft.flag();
  return {
    from: {
      at: repeats ? from : from + 4 * (outer - 1) * middle * inner,
      strides: repeats ? [example, 0, inner, 1] : [example, -middle * inner, inner, 1],
    },
    to: {
      at: to,
      // Values side by side, values apart, or sums over the last axis.
      strides: draft.flag()
        ? [example, inner, outer * inner, 1]
        : [example, middle, 1, draft.flag() ? outer * middle : 0],
    },
    ...{ sizes, examples },
  };
}

/** Whole numbers below `entries`, as float32. */
const drawIndices = (draft: CallDraft, count: number, entries: number): Address =>
  draft.put(Float32Array.from({ length: count }, () => draft.integer(0, entries - 1)));

/** Where x, targets, y and dx of a loss lie. */
const lossAt = ([x, targets, y, dx]: number[]): Record<"x" | "targets" | "y" | "dx", Address> => ({
  ...{ x: x!, targets: targets!, y: y!, dx: dx! },
});

/** Values of at least 0: the state of optimizers that add up squares. */
const drawSquares = (draft: CallDraft, count: number): Address =>
  draft.put(Float32Array.from({ length: count }, () => draft.number(0, 4)));

/** The parameters of an optimizer, their gradient and two arrays of its state. */
function drawDescent(draft: CallDraft): Record<"w" | "g" | "m" | "v" | "squares" | "size", number> {
  const size = draft.size(600);
  return {
    ...{ w: draft.values(size), g: draft.values(size), m: draft.values(size) },
    ...{ v: draft.values(size), squares: drawSquares(draft, size), size },
  };
}

/** A call of every kernel of the fused trainer, with drawn arguments. */
export const TRAINING_KERNEL_CASES: Readonly<Record<keyof KernelFunctions, Case>> = {
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
  convolve(draft) {
    const { images, x, filter, size } = drawWindows(draft);
    const bias = drawBias(draft, filter);
    const scratch = { at: draft.scratch(4 * 6 * filter.channels * inPanels(filter.outputs)) };
    const operands = { x, filter, bias, y: draft.room(4 * size), scratch };
    return (kernels) => kernels.convolve(operands, images);
  },
  filterGradient(draft) {
    const { images, x, filter, size } = drawWindows(draft);
    const scratch = { at: draft.scratch(4 * x.rows * x.columns * inPanels(filter.outputs)) };
    const operands = { x, filter, dy: draft.values(size), scratch };
    return (kernels) => kernels.filterGradient(operands, images);
  },
  flipFilter(draft) {
    const { filter } = drawWindows(draft);
    const to = { at: draft.room(4 * 6 * filter.channels * filter.outputs) };
    return (kernels) => kernels.flipFilter(filter, to);
  },
  placeImages(draft) {
    const [images, height, width] = [draft.size(3), draft.size(5), draft.size(6)];
    const [channels, stepY, stepX] = [draft.size(9), draft.size(3), draft.size(3)];
    const from = drawImages(draft, images, { height, width, channels });
    const to = drawImages(draft, images, {
      height: 1 + (height - 1) * stepY + 2,
      width: 2 + (width - 1) * stepX + 1,
      channels,
    });
    const placement = { top: 1, left: 2, stepY, stepX };
    return (kernels) => kernels.placeImages(from, to, placement, images);
  },
  cropImages(draft) {
    const [images, height, width, channels] = [
      ...[draft.size(3), draft.size(5), draft.size(6), draft.size(9)],
    ] as [number, number, number, number];
    const from = drawImages(draft, images, { height: height + 2, width: width + 3, channels });
    const to = drawImages(draft, images, { height, width, channels });
    return (kernels) => kernels.cropImages(from, to, { top: 1, left: 2 }, images);
  },
  depthwise(draft) {
    const { images, x, filter, size } = drawWindows(draft, { depthwise: true });
    const bias = draft.flag() ? draft.values(filter.channels * filter.outputs) : 0;
    const operands = { x, filter, bias, y: draft.room(4 * size) };
    return (kernels) => kernels.depthwise(operands, images);
  },
  depthwiseFilterGradient(draft) {
    const { images, x, filter, size } = drawWindows(draft, { depthwise: true });
    const operands = { x, filter, dy: draft.values(size) };
    return (kernels) => kernels.depthwiseFilterGradient(operands, images);
  },
  depthwiseInputGradient(draft) {
    const { images, x, filter, size } = drawWindows(draft, { depthwise: true });
    const operands = { x, filter, dy: draft.values(size) };
    return (kernels) => kernels.depthwiseInputGradient(operands, images);
  },
  maxPool(draft) {
    const { images, windows, x, y } = drawPool(draft);
    const [from, to, places] = [draft.values(x), draft.room(4 * y), draft.room(4 * y)];
    return (kernels) => kernels.maxPool(from, to, places, windows, images);
  },
  maxPoolGradient(draft) {
    const { images, windows, x, y } = drawPool(draft);
    const [from, to, places] = [draft.values(x), draft.room(4 * y), draft.room(4 * y)];
    const [dy, dx] = [draft.values(y), draft.room(4 * x)];
    return (kernels) => {
      kernels.maxPool(from, to, places, windows, images);
      kernels.maxPoolGradient(dy, places, dx, windows, images);
    };
  },
  averagePool(draft) {
    const { images, windows, x, y } = drawPool(draft);
    const [from, to] = [draft.values(x), draft.room(4 * y)];
    return (kernels) => kernels.averagePool(from, to, windows, images);
  },
  averagePoolGradient(draft) {
    const { images, windows, x, y } = drawPool(draft);
    const [dy, dx] = [draft.values(y), draft.room(4 * x)];
    return (kernels) => kernels.averagePoolGradient(dy, dx, windows, images);
  },
  relu: elementwise(2, (kernels, size, [x, y]) => kernels.relu(x!, y!, size, 0.3)),
  reluGradient: elementwise(3, (kernels, size, [y, dy, dx]) =>
    kernels.reluGradient(y!, dy!, dx!, size, 0.3),
  ),
  tanh: elementwise(2, (kernels, size, [x, y]) => kernels.tanh(x!, y!, size)),
  tanhGradient: elementwise(3, (kernels, size, [y, dy, dx]) =>
    kernels.tanhGradient(y!, dy!, dx!, size),
  ),
  sigmoid: elementwise(2, (kernels, size, [x, y]) => kernels.sigmoid(x!, y!, size)),
  sigmoidGradient: elementwise(3, (kernels, size, [y, dy, dx]) =>
    kernels.sigmoidGradient(y!, dy!, dx!, size),
  ),
  add: elementwise(2, (kernels, size, [from, to]) => kernels.add(from!, to!, size)),
  // In place, as gradients are clipped.
  scale: elementwise(1, (kernels, size, [x]) => kernels.scale(x!, x!, size, 0.7)),
  addScaled: elementwise(2, (kernels, size, [x, to]) => kernels.addScaled(x!, to!, size, 0.3)),
  addDifference: elementwise(3, (kernels, size, [a, b, to]) =>
    kernels.addDifference(a!, b!, to!, size, 0.1),
  ),
  sumOfSquares: elementwise(1, (kernels, size, [x]) => kernels.sumOfSquares(x!, size)),
  multiply: elementwise(3, (kernels, size, [a, b, y]) => kernels.multiply(a!, b!, y!, size)),
  arrange(draft) {
    const { from, to, sizes, examples } = drawArrangements(draft);
    return (kernels) => kernels.arrange(from, to, sizes, examples);
  },
  addArranged(draft) {
    const { from, to, sizes, examples } = drawArrangements(draft);
    return (kernels) => kernels.addArranged(from, to, sizes, examples);
  },
  clip: elementwise(2, (kernels, size, [x, y]) => kernels.clip(x!, y!, size, -0.5, 0.7)),
  clipGradient: elementwise(3, (kernels, size, [y, dy, dx]) =>
    kernels.clipGradient(y!, dy!, dx!, size, -0.5, 0.7),
  ),
  elu: elementwise(2, (kernels, size, [x, y]) => kernels.elu(x!, y!, size, 1.7, 1.1)),
  eluGradient: elementwise(3, (kernels, size, [y, dy, dx]) =>
    kernels.eluGradient(y!, dy!, dx!, size, 1.7, 1.1),
  ),
  curve(draft) {
    const [size, curve] = [draft.size(600), drawCurve(draft)];
    const [x, y] = [draft.values(size, 20), draft.room(4 * size)];
    return (kernels) => kernels.curve(x, y, size, curve);
  },
  curveGradient(draft) {
    const [size, curve] = [draft.size(600), drawCurve(draft)];
    const [x, dy, dx] = [draft.values(size, 20), draft.values(size), draft.room(4 * size)];
    return (kernels) => kernels.curveGradient(x, dy, dx, size, curve);
  },
  gelu(draft) {
    const [size, approximate] = [draft.size(600), draft.flag()];
    const [x, y] = [draft.values(size), draft.room(4 * size)];
    return (kernels) => kernels.gelu(x, y, size, approximate);
  },
  geluGradient(draft) {
    const [size, approximate] = [draft.size(600), draft.flag()];
    const [x, dy, dx] = [draft.values(size), draft.values(size), draft.room(4 * size)];
    return (kernels) => kernels.geluGradient(x, dy, dx, size, approximate);
  },
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
  dropout(draft) {
    const size = draft.size(600);
    const [x, y] = [draft.values(size), draft.values(size)];
    const mask = { key: [draft.word() | 0, -4], threshold: draft.word(), factor: 1.6 } as const;
    return (kernels) => kernels.dropout(x, y, size, mask, size);
  },
  lstmForward: lstm((kernels, moment, rows) => kernels.lstmForward(moment, rows)),
  lstmBackward: lstm((kernels, moment, rows) => kernels.lstmBackward(moment, rows)),
  gruGates: gru((kernels, moment, rows) => kernels.gruGates(moment, rows)),
  gruForward: gru((kernels, moment, rows) => kernels.gruForward(moment, rows)),
  gruBackward: gru((kernels, moment, rows) => kernels.gruBackward(moment, rows)),
  gruResetBackward: gru((kernels, moment, rows) => kernels.gruResetBackward(moment, rows)),
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
  softmax(draft) {
    const [rows, columns] = [draft.size(37), draft.size(37)];
    const [x, y] = [draft.values(rows * columns, 20), draft.room(4 * rows * columns)];
    return (kernels) => kernels.softmax(x, y, rows, columns);
  },
  softmaxGradient(draft) {
    const [rows, columns] = [draft.size(37), draft.size(37)];
    const [y, dy, dx] = [1, 1, 1].map(() => draft.values(rows * columns)) as [
      number,
      number,
      number,
    ];
    return (kernels) => kernels.softmaxGradient(y, dy, dx, rows, columns);
  },
  softmaxCrossEntropy(draft) {
    const [rows, columns] = [draft.size(37), draft.size(37)];
    const loss = lossAt([1, 1, 1, 1].map(() => draft.values(rows * columns, 20)));
    return (kernels) => kernels.softmaxCrossEntropy(loss, rows, columns, 1 / rows);
  },
  sigmoidCrossEntropy: elementwise(4, (kernels, size, at) =>
    kernels.sigmoidCrossEntropy(lossAt(at), size, 1 / size),
  ),
  squaredError: elementwise(4, (kernels, size, at) =>
    kernels.squaredError(lossAt(at), size, 1 / size),
  ),
  absoluteError: elementwise(4, (kernels, size, at) =>
    kernels.absoluteError(lossAt(at), size, 1 / size),
  ),
  huberLoss: elementwise(4, (kernels, size, at) =>
    kernels.huberLoss(lossAt(at), size, 1 / size, 0.5),
  ),
  descend: elementwise(2, (kernels, size, [w, g]) => kernels.descend(w!, g!, size, 0.1)),
  descendWithMomentum(draft) {
    const operands = { ...drawDescent(draft), rate: 0.1, momentum: 0.9, nesterov: draft.flag() };
    return (kernels) => kernels.descendWithMomentum(operands);
  },
  adam(draft) {
    const drawn = drawDescent(draft);
    const settings = { rate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };
    return (kernels) => kernels.adam({ ...drawn, ...settings, v: drawn.squares }, 0.19, 0.002);
  },
  adagrad(draft) {
    const drawn = drawDescent(draft);
    return (kernels) => kernels.adagrad({ ...drawn, a: drawn.squares, rate: 0.1, epsilon: 1e-7 });
  },
  rmsprop(draft) {
    const drawn = drawDescent(draft);
    const settings = { rate: 0.01, decay: 0.9, momentum: 0.5, epsilon: 1e-7 };
    return (kernels) => kernels.rmsprop({ ...drawn, ...settings, s: drawn.squares });
  },
};
