import { CURVES } from "../activation-kernels.ts";
import type { Arrangement, Axes } from "../arrangement-kernels.ts";
import { CELL_ACTIVATIONS, type CellActivation } from "../sequence-kernels.ts";
import type { KernelFunctions } from "../training-kernels.ts";

/**
 * The kernels that take numbers only, so that the module's own functions can be called as they are.
 */
type NumberKernels =
  | "columnSums"
  | "columnMoments"
  | "relu"
  | "reluGradient"
  | "tanh"
  | "tanhGradient"
  | "sigmoid"
  | "sigmoidGradient"
  | "add"
  | "scale"
  | "addScaled"
  | "addDifference"
  | "multiply"
  | "clip"
  | "clipGradient"
  | "bendColumns"
  | "elu"
  | "eluGradient"
  | "sumOfSquares"
  | "sumOfSizes"
  | "addSigns"
  | "scaleColumns"
  | "embed"
  | "embedGradient"
  | "softmax"
  | "softmaxGradient"
  | "descend";

/**
 * The kernels as the WebAssembly module exports them: only numbers can cross its border. A matrix
 * becomes its address and its strides, and `true` becomes 1.
 */
export type PositionalKernels = Pick<KernelFunctions, NumberKernels> &
  Readonly<Record<Exclude<keyof KernelFunctions, NumberKernels>, (...numbers: number[]) => number>>;

/**
 * Turns the values that kernels take into the numbers that the module takes. This is the only place
 * that knows the order of those numbers, which is the order of the parameters in `assembly/`. The
 * arguments are written out one by one, since collecting them in arrays costs as much as a small
 * kernel.
 */
export function kernelFunctions(module: PositionalKernels): KernelFunctions {
  // The module's own functions stand for the kernels that take numbers only.
  return {
    ...module,
    matmul: ({ a, b, c, start, scratch }, m, n, k) =>
      module.matmul(
        a.at,
        a.row,
        a.step,
        b.at,
        b.row,
        c.at,
        c.row,
        start.at,
        start.row,
        m,
        n,
        k,
        scratch.at,
      ),
    packMatrix: (b, to, k, n) => module.packMatrix(b.at, b.row, k, n, to.at),
    matmulPacked: ({ a, packed, c, start }, m, n, k) =>
      module.matmulPacked(a.at, a.row, packed.at, c.at, c.row, start.at, start.row, m, n, k),
    descendAlong: ({ a, b, w, scratch }, m, n, k, rate) =>
      module.descendAlong(a.at, a.step, b.at, b.row, w, m, n, k, rate, scratch.at),
    transpose: (from, to, rows, columns) =>
      module.transpose(from.at, from.row, to.at, to.row, rows, columns),
    convolve: ({ x, filter, bias, y, scratch }, images) =>
      module.convolve(
        x.at,
        x.image,
        x.row,
        x.column,
        x.line,
        x.firstLine,
        x.endLine,
        filter.at,
        filter.height,
        filter.width * filter.channels,
        bias,
        y,
        images,
        x.rows,
        x.columns,
        filter.outputs,
        scratch.at,
      ),
    filterGradient: ({ x, filter, dy, scratch }, images) =>
      module.filterGradient(
        x.at,
        x.image,
        x.row,
        x.column,
        x.line,
        x.firstLine,
        x.endLine,
        filter.at,
        filter.height,
        filter.width * filter.channels,
        dy,
        images,
        x.rows,
        x.columns,
        filter.outputs,
        scratch.at,
      ),
    flipFilter: (filter, to) =>
      module.flipFilter(
        filter.at,
        to.at,
        filter.height,
        filter.width,
        filter.channels,
        filter.outputs,
      ),
    placeImages: (from, to, { top, left, stepY, stepX }, images) =>
      module.placeImages(
        from.at,
        to.at,
        images,
        from.height,
        from.width,
        from.channels,
        to.height,
        to.width,
        top,
        left,
        stepY,
        stepX,
      ),
    cropImages: (from, to, { top, left }, images) =>
      module.cropImages(
        from.at,
        to.at,
        images,
        from.height,
        from.width,
        from.channels,
        to.height,
        to.width,
        top,
        left,
      ),
    depthwise: ({ x, filter, bias, y }, images) =>
      module.depthwise(
        x.at,
        x.image,
        x.row,
        x.column,
        x.line,
        filter.at,
        filter.height,
        filter.width,
        bias,
        y,
        images,
        x.rows,
        x.columns,
        filter.channels,
        filter.outputs,
      ),
    depthwiseFilterGradient: ({ x, filter, dy }, images) =>
      module.depthwiseFilterGradient(
        x.at,
        x.image,
        x.row,
        x.column,
        x.line,
        filter.at,
        filter.height,
        filter.width,
        dy,
        images,
        x.rows,
        x.columns,
        filter.channels,
        filter.outputs,
      ),
    depthwiseInputGradient: ({ x, filter, dy }, images) =>
      module.depthwiseInputGradient(
        x.at,
        x.image,
        x.row,
        x.column,
        x.line,
        filter.at,
        filter.height,
        filter.width,
        dy,
        images,
        x.rows,
        x.columns,
        filter.channels,
        filter.outputs,
      ),
    maxPool: (x, y, places, windows, images) =>
      module.maxPool(
        x,
        y,
        places,
        images,
        windows.height,
        windows.width,
        windows.channels,
        windows.rows,
        windows.columns,
        windows.size[0],
        windows.size[1],
        windows.steps[0],
        windows.steps[1],
        windows.top,
        windows.left,
      ),
    maxPoolGradient: (dy, places, dx, windows, images) =>
      module.maxPoolGradient(
        dy,
        places,
        dx,
        images,
        windows.height * windows.width * windows.channels,
        windows.rows * windows.columns * windows.channels,
      ),
    averagePool: (x, y, windows, images) =>
      module.averagePool(
        x,
        y,
        images,
        windows.height,
        windows.width,
        windows.channels,
        windows.rows,
        windows.columns,
        windows.size[0],
        windows.size[1],
        windows.steps[0],
        windows.steps[1],
        windows.top,
        windows.left,
      ),
    averagePoolGradient: (dy, dx, windows, images) =>
      module.averagePoolGradient(
        dy,
        dx,
        images,
        windows.height,
        windows.width,
        windows.channels,
        windows.rows,
        windows.columns,
        windows.size[0],
        windows.size[1],
        windows.steps[0],
        windows.steps[1],
        windows.top,
        windows.left,
      ),
    lstmForward: ({ z, before, c, h, units, activation, gateActivation }, rows) =>
      module.lstmForward(
        z.at,
        z.row,
        before.at,
        c.at,
        h.at,
        h.row,
        rows,
        units,
        numberOf(activation),
        numberOf(gateActivation),
      ),
    lstmBackward: ({ z, before, c, dh, dc, units, activation, gateActivation }, rows) =>
      module.lstmBackward(
        z.at,
        z.row,
        before.at,
        c.at,
        c.row,
        dh,
        dc,
        rows,
        units,
        numberOf(activation),
        numberOf(gateActivation),
      ),
    gruGates: ({ z, before, h, kept, units, gateActivation }, rows) =>
      module.gruGates(z.at, z.row, before.at, h.row, kept, rows, units, numberOf(gateActivation)),
    gruForward: ({ z, before, h, units, activation }, rows) =>
      module.gruForward(z.at, z.row, before.at, h.at, h.row, rows, units, numberOf(activation)),
    gruBackward: ({ z, before, h, dh, units, activation, gateActivation }, rows) =>
      module.gruBackward(
        z.at,
        z.row,
        before.at,
        h.row,
        dh,
        rows,
        units,
        numberOf(activation),
        numberOf(gateActivation),
      ),
    gruResetBackward: ({ z, before, h, dKept, dh, units, gateActivation }, rows) =>
      module.gruResetBackward(
        z.at,
        z.row,
        before.at,
        h.row,
        dKept,
        dh,
        rows,
        units,
        numberOf(gateActivation),
      ),
    simpleForward: ({ z, h, units, activation }, rows) =>
      module.simpleForward(z.at, z.row, h.at, h.row, rows, units, numberOf(activation)),
    simpleBackward: ({ z, h, dh, units, activation }, rows) =>
      module.simpleBackward(z.at, z.row, h.at, h.row, dh, rows, units, numberOf(activation)),
    attend: ({ x, rows, columns, scale, moments, causal }) =>
      module.attend(x, rows, columns, scale, moments, Number(causal)),
    arrange: (from, to, sizes, examples) => arranged(module.arrange, from, to, sizes, examples),
    addArranged: (from, to, sizes, examples) =>
      arranged(module.addArranged, from, to, sizes, examples),
    curve: (x, y, size, curve) => module.curve(x, y, size, CURVES.indexOf(curve)),
    curveGradient: (x, dy, dx, size, curve) =>
      module.curveGradient(x, dy, dx, size, CURVES.indexOf(curve)),
    gelu: (x, y, bend, size, approximate) => module.gelu(x, y, bend, size, Number(approximate)),
    geluGradient: (x, bend, dy, dx, size, approximate) =>
      module.geluGradient(x, bend, dy, dx, size, Number(approximate)),
    groupNorm: ({ x, y, stats, gamma, beta, pixels, channels, groups, epsilon }, examples) =>
      module.groupNorm(x, y, stats, gamma, beta, examples, pixels, channels, groups, epsilon),
    groupNormGradient: ({ x, stats, gamma, pixels, channels, groups }, dy, dx, examples) =>
      module.groupNormGradient(x, stats, gamma, dy, dx, examples, pixels, channels, groups),
    groupNormScaleGradient: ({ x, stats, pixels, channels, groups }, dy, gradient, examples) =>
      module.groupNormScaleGradient(x, stats, dy, gradient, examples, pixels, channels, groups),
    normalizeColumns: ({ x, mean, inverse, rows, columns }, y, gamma, beta) =>
      module.normalizeColumns(x, mean, inverse, rows, columns, y, gamma, beta),
    columnProducts: ({ x, mean, inverse, rows, columns }, dy, to) =>
      module.columnProducts(x, mean, inverse, rows, columns, dy, to),
    normalizeColumnsGradient: (
      { x, mean, inverse, rows, columns },
      { dy, shift, tilt },
      dx,
      gamma,
    ) =>
      module.normalizeColumnsGradient(x, mean, inverse, rows, columns, dy, shift, tilt, dx, gamma),
    dropout: (x, y, size, { key, threshold, factor }, step) =>
      module.dropout(x, y, size, key[0], key[1], step, threshold, factor),
    softmaxCrossEntropy: ({ x, targets, y, dx }, rows, columns, weight) =>
      module.softmaxCrossEntropy(x, targets, y, dx, rows, columns, weight),
    sigmoidCrossEntropy: ({ x, targets, y, dx }, size, weight) =>
      module.sigmoidCrossEntropy(x, targets, y, dx, size, weight),
    shareCrossEntropy: ({ x, targets, dx }, rows, columns, weight) =>
      module.shareCrossEntropy(x, targets, dx, rows, columns, weight),
    chanceCrossEntropy: ({ x, targets, dx }, size, weight) =>
      module.chanceCrossEntropy(x, targets, dx, size, weight),
    squaredError: ({ x, targets, dx }, size, weight) =>
      module.squaredError(x, targets, dx, size, weight),
    absoluteError: ({ x, targets, dx }, size, weight) =>
      module.absoluteError(x, targets, dx, size, weight),
    huberLoss: ({ x, targets, dx }, size, weight, delta) =>
      module.huberLoss(x, targets, dx, size, weight, delta),
    descendWithMomentum: ({ w, g, v, size, rate, momentum, nesterov }) =>
      module.descendWithMomentum(w, g, v, size, rate, momentum, Number(nesterov)),
    adam: ({ w, g, m, v, size, rate, beta1, beta2, epsilon }, correct1, correct2) =>
      module.adam(w, g, m, v, size, rate, beta1, beta2, correct1, correct2, epsilon),
    adagrad: ({ w, g, a, size, rate, epsilon }) => module.adagrad(w, g, a, size, rate, epsilon),
    rmsprop: ({ w, g, s, v, size, rate, decay, momentum, epsilon }) =>
      module.rmsprop(w, g, s, v, size, rate, decay, momentum, epsilon),
  };
}

/** Calls one of the kernels between two arrangements. */
function arranged(
  kernel: (...numbers: number[]) => number,
  { at: from, strides: [from0, from1, from2, from3] }: Arrangement,
  { at: to, strides: [to0, to1, to2, to3] }: Arrangement,
  [outer, middle, inner]: Axes,
  examples: number,
): void {
  kernel(from, from0, from1, from2, from3, to, to0, to1, to2, to3, examples, outer, middle, inner);
}

/** The number by which the module knows an activation of cells. */
const numberOf = (activation: CellActivation): number => CELL_ACTIVATIONS.indexOf(activation);
