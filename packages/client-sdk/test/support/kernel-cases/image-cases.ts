import type { Address } from "@tributary/protocol";
import type { CallDraft } from "@tributary/protocol/testing";
import type {
  ConvolutionKernels,
  DepthwiseKernels,
  Filter,
  FilterWindows,
  Images,
  PoolingKernels,
  PoolWindows,
} from "../../../src/training/fused/kernels/image-kernels.ts";
import { inPanels } from "../../../src/training/fused/kernels/multiply-kernels.ts";
import type { TrainingKernelCase } from "./kernel-case.ts";

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
  const firstLine = draft.integer(0, 1);
  const endLine = height - draft.integer(0, 1);
  return {
    images,
    x: {
      ...{ at, image: height * line, row: step * line, column: step * channels, line },
      ...{ rows, columns, firstLine, endLine },
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

/** Kernels over images. */
export const IMAGE_CASES: Readonly<
  Record<keyof (ConvolutionKernels & DepthwiseKernels & PoolingKernels), TrainingKernelCase>
> = {
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
};
