import type { DepthwiseKernels, Filter, FilterWindows } from "../image-kernels.ts";
import { forEachWindow } from "./convolve.ts";
import { indexOf, type ReferenceMemory } from "./memory.ts";

const { fround } = Math;

/**
 * The specification of the kernels over images in which every output depends on one channel. All
 * three visit the same pairs of a window and a weight, and differ in which of value, weight and
 * output they add to.
 */
export function depthwiseKernels(memory: ReferenceMemory): DepthwiseKernels {
  return {
    depthwise({ x, filter, bias, y }, images) {
      const { f } = memory;
      // Output k belongs to channel k / filter.outputs. `forEachWeight` finds that channel.
      const outputs = filter.channels * filter.outputs;
      const weights = indexOf(filter.at);
      forEachWindow(x, images, (corner, window) => {
        const output = indexOf(y) + window * outputs;
        for (let k = 0; k < outputs; k++) f[output + k] = bias === 0 ? 0 : f[indexOf(bias) + k]!;
        forEachWeight(filter, x, (value, weight, k) => {
          // Adding in place rounds after every weight, in the order of the filter.
          f[output + k] = f[output + k]! + fround(f[corner + value]! * f[weights + weight]!);
        });
      });
    },
    depthwiseFilterGradient({ x, filter, dy }, images) {
      const { f } = memory;
      const outputs = filter.channels * filter.outputs;
      const weights = indexOf(filter.at);
      // The gradient is added up window by window in its final place.
      f.fill(0, weights, weights + filter.height * filter.width * outputs);
      forEachWindow(x, images, (corner, window) => {
        forEachWeight(filter, x, (value, weight, k) => {
          const product = fround(f[corner + value]! * f[indexOf(dy) + window * outputs + k]!);
          f[weights + weight] = f[weights + weight]! + product;
        });
      });
    },
    depthwiseInputGradient({ x, filter, dy }, images) {
      const { f } = memory;
      const outputs = filter.channels * filter.outputs;
      const start = indexOf(x.at);
      // Windows overlap. So every window adds its part to the values that it covers.
      f.fill(0, start, start + images * x.image);
      forEachWindow(x, images, (corner, window) => {
        forEachWeight(filter, x, (value, weight, k) => {
          const target = corner + value;
          const slope = f[indexOf(dy) + window * outputs + k]!;
          f[target] = f[target]! + fround(slope * f[indexOf(filter.at) + weight]!);
        });
      });
    },
  };
}

/**
 * Visits every weight of the filter line by line: how far its value lies from the corner of the
 * window, how far the weight lies from the beginning of the filter, and which output they belong
 * to.
 */
function forEachWeight(
  { height, width, channels, outputs: outputsEach }: Filter,
  { line }: FilterWindows,
  visit: (value: number, weight: number, output: number) => void,
): void {
  const outputs = channels * outputsEach;
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      for (let k = 0; k < outputs; k++) {
        const value = i * line + j * channels + Math.floor(k / outputsEach);
        visit(value, (i * width + j) * outputs + k, k);
      }
    }
  }
}
