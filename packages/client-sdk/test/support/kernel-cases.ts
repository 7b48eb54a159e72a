import type { KernelFunctions } from "../../src/training/fused/kernel-functions.ts";
import type { Kernels } from "../../src/training/fused/kernels.ts";

/** Sizes that a case makes its arrays of. */
export interface KernelSizes {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly images: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly filters: number;
  readonly step: number;
  readonly flag: boolean;
}

/** Where a call wrote, and what it gave back. */
export interface KernelEffect {
  readonly written: readonly (readonly [from: number, length: number])[];
  readonly result?: number;
}

/** Where arrays are: far enough apart for the largest sizes. */
export const [A, B, C, D, SCRATCH, MEMORY] = [1024, 9216, 17_408, 25_600, 33_792, 60_000] as const;

type Case = (kernels: Kernels, sizes: KernelSizes) => KernelEffect;

const elementwise =
  (call: (kernels: Kernels, size: number) => unknown, ...written: readonly number[]): Case =>
  (kernels, { m, n }) => {
    const result = call(kernels, m * n);
    return {
      written: written.map((place) => [place, m * n]),
      ...(typeof result === "number" ? { result } : {}),
    };
  };

/** A filter of 2 × 3 over images with room for it. */
function under({ height, width, channels, step }: KernelSizes): {
  steps: [number, number, number, number];
  rows: number;
  columns: number;
} {
  const [h, w] = [height + 2, width + 3];
  const line = w * channels;
  return {
    steps: [h * line, step * line, step * channels, line],
    rows: Math.floor((h - 2) / step) + 1,
    columns: Math.floor((w - 3) / step) + 1,
  };
}

/** Windows of 3 × 2 that reach over the edges. */
function windows({ images, height, width, channels, step }: KernelSizes): {
  call: [number, number, number, number, number, number, 3, 2, number, number, 1, 0];
  outputSize: number;
} {
  const rows = Math.ceil(height / step);
  const columns = Math.ceil(width / step);
  return {
    call: [images, height, width, channels, rows, columns, 3, 2, step, step, 1, 0],
    outputSize: rows * columns * channels,
  };
}

/** Rows of several arrays, each with the distance between its rows. */
function states(
  gates: readonly [place: number, row: number],
  rows: number,
  ...others: readonly (readonly [place: number, row: number])[]
): [number, number][] {
  return [gates, ...others].map(([place, row]) => [place, rows * row]);
}

const indicesBelow = (entries: number, count: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => (i * 7) % entries);

/** One call of every kernel. */
export const KERNEL_CASES: Readonly<Record<keyof KernelFunctions, Case>> = {
  matmul(kernels, { m, n, k, flag }) {
    kernels.matmul(A, k, 1, B, n, C, n, flag ? D : 0, 0, m, n, k, SCRATCH);
    kernels.matmul(A, 1, m, B, n, D, n, flag ? C : 0, n, m, n, k, SCRATCH);
    return {
      written: [
        [C, m * n],
        [D, m * n],
      ],
    };
  },
  packMatrix(kernels, { n, k }) {
    kernels.scale(B, B, 8 * k * (n + 7), 0);
    kernels.packMatrix(A, n, k, n, B);
    return { written: [[B, k * 8 * Math.floor(n / 8)]] };
  },
  matmulPacked(kernels, { m, n, k, flag }) {
    kernels.packMatrix(A, n, k, n, B);
    kernels.matmulPacked(D, k + 1, B, C, n, flag ? D : 0, 0, m, n, k);
    return { written: [[C, m * n]] };
  },
  transpose(kernels, { m, n }) {
    kernels.transpose(A, n, B, m, m, n);
    return { written: [[B, m * n]] };
  },
  columnSums(kernels, { m, n }) {
    kernels.columnSums(A, m, n, B);
    return { written: [[B, n + 4]] };
  },
  convolve(kernels, sizes) {
    const { steps, rows, columns } = under(sizes);
    const { images, channels, filters, flag } = sizes;
    const bias = flag ? D : 0;
    kernels.convolve(
      ...[A, ...steps, B, 2, 3 * channels, bias, C, images, rows, columns, filters, SCRATCH],
    );
    return { written: [[C, images * rows * columns * filters]] };
  },
  filterGradient(kernels, sizes) {
    const { steps, rows, columns } = under(sizes);
    const { images, channels, filters } = sizes;
    kernels.filterGradient(
      ...[A, ...steps, B, 2, 3 * channels, C, images, rows, columns, filters, SCRATCH],
    );
    return { written: [[B, 6 * channels * filters]] };
  },
  flipFilter(kernels, { height, width, channels, filters }) {
    kernels.flipFilter(A, B, height, width, channels, filters);
    return { written: [[B, height * width * channels * filters]] };
  },
  place(kernels, { images, height, width, channels, step, flag }) {
    const stepX = flag ? 1 : step;
    const toHeight = 1 + (height - 1) * step + 2;
    const toWidth = 2 + (width - 1) * stepX + 1;
    kernels.place(A, B, images, height, width, channels, toHeight, toWidth, 1, 2, step, stepX);
    return { written: [[B, images * toHeight * toWidth * channels]] };
  },
  crop(kernels, { images, height, width, channels }) {
    kernels.crop(A, B, images, height + 2, width + 3, channels, height, width, 1, 2);
    return { written: [[B, images * height * width * channels]] };
  },
  maxPool(kernels, sizes) {
    const { call, outputSize } = windows(sizes);
    kernels.maxPool(A, B, C, ...call);
    return {
      written: [
        [B, sizes.images * outputSize],
        [C, sizes.images * outputSize],
      ],
    };
  },
  maxPoolGradient(kernels, sizes) {
    const { call, outputSize } = windows(sizes);
    const { images, height, width, channels } = sizes;
    kernels.maxPool(A, B, C, ...call);
    kernels.maxPoolGradient(A, C, D, images, height * width * channels, outputSize);
    return { written: [[D, images * height * width * channels]] };
  },
  averagePool(kernels, sizes) {
    const { call, outputSize } = windows(sizes);
    kernels.averagePool(A, B, ...call);
    return { written: [[B, sizes.images * outputSize]] };
  },
  averagePoolGradient(kernels, sizes) {
    const { images, height, width, channels } = sizes;
    kernels.averagePoolGradient(A, B, ...windows(sizes).call);
    return { written: [[B, images * height * width * channels]] };
  },
  relu: elementwise((kernels, size) => kernels.relu(A, B, size, 0.3), B),
  reluGradient: elementwise((kernels, size) => kernels.reluGradient(A, B, C, size, 0.3), C),
  tanh: elementwise((kernels, size) => kernels.tanh(A, B, size), B),
  tanhGradient: elementwise((kernels, size) => kernels.tanhGradient(A, B, C, size), C),
  sigmoid: elementwise((kernels, size) => kernels.sigmoid(A, B, size), B),
  sigmoidGradient: elementwise((kernels, size) => kernels.sigmoidGradient(A, B, C, size), C),
  add: elementwise((kernels, size) => kernels.add(A, B, size), B),
  scale: elementwise((kernels, size) => kernels.scale(A, B, size, 0.7), B),
  addDifference: elementwise((kernels, size) => kernels.addDifference(A, B, C, size, 0.1), C),
  sumOfSquares: elementwise((kernels, size) => kernels.sumOfSquares(A, size)),
  lstmForward(kernels, { m, n, flag }) {
    kernels.lstmForward(A, 4 * n + 3, flag ? B : 0, C, D, n + 1, m, n, flag ? 1 : 0);
    return { written: states([A, 4 * n + 3], m, [C, n + 1], [D, n + 1]) };
  },
  lstmBackward(kernels, { m, n, flag }) {
    const [dh, dc] = [D, SCRATCH];
    kernels.lstmBackward(A, 4 * n + 3, flag ? B : 0, C, n + 1, dh, dc, m, n, flag ? 0 : 1);
    return { written: [...states([A, 4 * n + 3], m), [dc, m * n]] };
  },
  gruGates(kernels, { m, n, flag }) {
    kernels.gruGates(A, 3 * n + 2, flag ? B : 0, n + 1, C, m, n, flag ? 1 : 0);
    return { written: [...states([A, 3 * n + 2], m), [C, m * n]] };
  },
  gruForward(kernels, { m, n, flag }) {
    kernels.gruForward(A, 3 * n + 2, flag ? B : 0, C, n + 1, m, n);
    return { written: states([A, 3 * n + 2], m, [C, n + 1]) };
  },
  gruBackward(kernels, { m, n, flag }) {
    kernels.gruBackward(A, 3 * n + 2, flag ? B : 0, n + 1, C, m, n, flag ? 1 : 0);
    return { written: [...states([A, 3 * n + 2], m), [C, m * n]] };
  },
  gruResetBackward(kernels, { m, n, flag }) {
    kernels.gruResetBackward(A, 3 * n + 2, flag ? B : 0, n + 1, C, D, m, n, flag ? 1 : 0);
    return { written: [...states([A, 3 * n + 2], m), [D, m * n]] };
  },
  embed(kernels, { m, n, k }) {
    kernels.heap().set(indicesBelow(k, m), A);
    kernels.embed(A, B, C, m, n);
    return { written: [[C, m * n]] };
  },
  embedGradient(kernels, { m, n, k }) {
    kernels.heap().set(indicesBelow(k, m), A);
    kernels.embedGradient(A, B, C, m, n, k);
    return { written: [[C, k * n]] };
  },
  addScaled: elementwise((kernels, size) => kernels.addScaled(A, B, size, 0.3), B),
  gelu(kernels, { m, n, flag }) {
    kernels.gelu(A, B, m * n, flag ? 1 : 0);
    return { written: [[B, m * n]] };
  },
  geluGradient(kernels, { m, n, flag }) {
    kernels.geluGradient(A, B, C, m * n, flag ? 1 : 0);
    return { written: [[C, m * n]] };
  },
  groupNorm(kernels, { m, channels, step, images, flag }) {
    const sizes = [images, m, channels * step, step] as const;
    kernels.groupNorm(A, B, C, flag ? D : 0, flag ? D + 100 : 0, ...sizes, 1e-3);
    return {
      written: [
        [B, images * m * channels * step],
        [C, 2 * images * step],
      ],
    };
  },
  groupNormGradient(kernels, { m, channels, step, images, flag }) {
    const sizes = [images, m, channels * step, step] as const;
    const gamma = flag ? D : 0;
    kernels.groupNorm(A, B, C, gamma, 0, ...sizes, 1e-3);
    kernels.groupNormGradient(A, C, gamma, B, SCRATCH, ...sizes);
    return { written: [[SCRATCH, images * m * channels * step]] };
  },
  groupNormScaleGradient(kernels, { m, channels, step, images }) {
    const sizes = [images, m, channels * step, step] as const;
    kernels.groupNorm(A, B, C, 0, 0, ...sizes, 1e-3);
    kernels.groupNormScaleGradient(A, C, B, D, ...sizes);
    return { written: [[D, channels * step]] };
  },
  scaleColumns(kernels, { m, n, flag }) {
    kernels.scaleColumns(A, B, C, flag ? D : 0, m, n);
    return { written: [[B, m * n]] };
  },
  depthwise(kernels, sizes) {
    const { steps, rows, columns } = under(sizes);
    const { images, channels, step, flag } = sizes;
    const bias = flag ? D : 0;
    kernels.depthwise(...[A, ...steps, B, 2, 3, bias, C, images, rows, columns, channels, step]);
    return { written: [[C, images * rows * columns * channels * step]] };
  },
  depthwiseFilterGradient(kernels, sizes) {
    const { steps, rows, columns } = under(sizes);
    const { images, channels, step } = sizes;
    kernels.depthwiseFilterGradient(
      ...[A, ...steps, B, 2, 3, C, images, rows, columns, channels, step],
    );
    return { written: [[B, 6 * channels * step]] };
  },
  depthwiseInputGradient(kernels, sizes) {
    const { steps, rows, columns } = under(sizes);
    const { images, channels, step } = sizes;
    kernels.depthwiseInputGradient(
      ...[A, ...steps, B, 2, 3, C, images, rows, columns, channels, step],
    );
    return { written: [[A, images * steps[0]]] };
  },
  dropout: elementwise(
    (kernels, size) => kernels.dropout(A, B, size, 17, -4, size, 0x60000000, 1.6),
    B,
  ),
  softmax(kernels, { m, n }) {
    kernels.softmax(A, B, m, n);
    return { written: [[B, m * n]] };
  },
  softmaxGradient(kernels, { m, n }) {
    kernels.softmax(A, B, m, n);
    kernels.softmaxGradient(B, C, D, m, n);
    return { written: [[D, m * n]] };
  },
  softmaxCrossEntropy(kernels, { m, n }) {
    const result = kernels.softmaxCrossEntropy(A, B, C, D, m, n, 1 / m);
    return {
      result,
      written: [
        [C, m * n],
        [D, m * n],
      ],
    };
  },
  sigmoidCrossEntropy: elementwise(
    (kernels, size) => kernels.sigmoidCrossEntropy(A, B, C, D, size, 1 / size),
    ...[C, D],
  ),
  squaredError: elementwise((kernels, size) => kernels.squaredError(A, B, C, size, 1 / size), C),
  absoluteError: elementwise((kernels, size) => kernels.absoluteError(A, B, C, size, 1 / size), C),
  huberLoss: elementwise((kernels, size) => kernels.huberLoss(A, B, C, size, 1 / size, 0.5), C),
  descend: elementwise((kernels, size) => kernels.descend(A, B, size, 0.1), A),
  descendWithMomentum(kernels, { m, n, flag }) {
    kernels.descendWithMomentum(A, B, C, m * n, 0.1, 0.9, flag ? 1 : 0);
    return {
      written: [
        [A, m * n],
        [C, m * n],
      ],
    };
  },
  adam(kernels, { m, n }) {
    kernels.relu(D, D, m * n, 0);
    kernels.adam(A, B, C, D, m * n, 0.01, 0.9, 0.999, 0.19, 0.002, 1e-7);
    return {
      written: [
        [A, m * n],
        [C, m * n],
        [D, m * n],
      ],
    };
  },
  adagrad(kernels, { m, n }) {
    kernels.relu(C, C, m * n, 0);
    kernels.adagrad(A, B, C, m * n, 0.1, 1e-7);
    return {
      written: [
        [A, m * n],
        [C, m * n],
      ],
    };
  },
  rmsprop(kernels, { m, n }) {
    kernels.relu(C, C, m * n, 0);
    kernels.rmsprop(A, B, C, D, m * n, 0.01, 0.9, 0.5, 1e-7);
    return {
      written: [
        [A, m * n],
        [C, m * n],
        [D, m * n],
      ],
    };
  },
};
