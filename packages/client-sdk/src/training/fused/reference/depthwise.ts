import type { DepthwiseKernels } from "../image-kernels.ts";
import type { ReferenceMemory } from "./memory.ts";

const { fround } = Math;

/** Sizes in the order of the kernels' last arguments. */
interface Windows {
  readonly images: number;
  readonly rows: number;
  readonly columns: number;
  readonly xImage: number;
  readonly xRow: number;
  readonly xPixel: number;
}

/** Every window's first value, and its number. */
function forEachWindow(
  { images, rows, columns, xImage, xRow, xPixel }: Windows,
  visit: (corner: number, window: number) => void,
): void {
  let window = 0;
  for (let image = 0; image < images; image++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        visit(image * xImage + row * xRow + column * xPixel, window++);
      }
    }
  }
}

export function depthwiseKernels(memory: ReferenceMemory): DepthwiseKernels {
  /** For each place of the filter: offset within a window, and within the filter; channels and outputs in order. */
  const forEachWeight = (
    height: number,
    width: number,
    xLine: number,
    channels: number,
    multiplier: number,
    visit: (value: number, weight: number, output: number) => void,
  ): void => {
    const outputs = channels * multiplier;
    for (let i = 0; i < height; i++) {
      for (let j = 0; j < width; j++) {
        for (let k = 0; k < outputs; k++) {
          const value = i * xLine + j * channels + Math.floor(k / multiplier);
          visit(value, (i * width + j) * outputs + k, k);
        }
      }
    }
  };
  return {
    depthwise(...call) {
      const [x, xImage, xRow, xPixel, xLine, filter, height, width, bias, y, ...sizes] = call;
      const [images, rows, columns, channels, multiplier] = sizes;
      const { f } = memory;
      const outputs = channels * multiplier;
      forEachWindow({ images, rows, columns, xImage, xRow, xPixel }, (corner, window) => {
        const output = y + window * outputs;
        for (let k = 0; k < outputs; k++) f[output + k] = bias === 0 ? 0 : f[bias + k]!;
        forEachWeight(height, width, xLine, channels, multiplier, (value, weight, k) => {
          f[output + k] = f[output + k]! + fround(f[x + corner + value]! * f[filter + weight]!);
        });
      });
    },
    depthwiseFilterGradient(...call) {
      const [x, xImage, xRow, xPixel, xLine, filter, height, width, dy, ...sizes] = call;
      const [images, rows, columns, channels, multiplier] = sizes;
      const { f } = memory;
      const outputs = channels * multiplier;
      f.fill(0, filter, filter + height * width * outputs);
      forEachWindow({ images, rows, columns, xImage, xRow, xPixel }, (corner, window) => {
        forEachWeight(height, width, xLine, channels, multiplier, (value, weight, k) => {
          const product = fround(f[x + corner + value]! * f[dy + window * outputs + k]!);
          f[filter + weight] = f[filter + weight]! + product;
        });
      });
    },
    depthwiseInputGradient(...call) {
      const [dx, xImage, xRow, xPixel, xLine, filter, height, width, dy, ...sizes] = call;
      const [images, rows, columns, channels, multiplier] = sizes;
      const { f } = memory;
      const outputs = channels * multiplier;
      f.fill(0, dx, dx + images * xImage);
      forEachWindow({ images, rows, columns, xImage, xRow, xPixel }, (corner, window) => {
        forEachWeight(height, width, xLine, channels, multiplier, (value, weight, k) => {
          const target = dx + corner + value;
          const product = fround(f[dy + window * outputs + k]! * f[filter + weight]!);
          f[target] = f[target]! + product;
        });
      });
    },
  };
}
