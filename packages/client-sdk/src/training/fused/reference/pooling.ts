import type { PoolingKernels } from "../image-kernels.ts";
import type { ReferenceMemory } from "./memory.ts";

const { fround } = Math;

/** The part of each window that is inside its image, in the order of windows and with its channels. */
function forEachWindow(
  [images, height, width, channels, rows, columns, poolY, poolX, stepY, stepX, top, left]: number[],
  visit: (window: { base: number; places: number[] }) => void,
): void {
  for (let image = 0; image < images!; image++) {
    for (let row = 0; row < rows!; row++) {
      for (let column = 0; column < columns!; column++) {
        for (let channel = 0; channel < channels!; channel++) {
          const places: number[] = [];
          const y = row * stepY! - top!;
          const x = column * stepX! - left!;
          for (let i = Math.max(y, 0); i < Math.min(y + poolY!, height!); i++) {
            for (let j = Math.max(x, 0); j < Math.min(x + poolX!, width!); j++) {
              places.push((i * width! + j) * channels! + channel);
            }
          }
          visit({ base: image * height! * width! * channels!, places });
        }
      }
    }
  }
}

export function poolingKernels(memory: ReferenceMemory): PoolingKernels {
  return {
    maxPool(x, y, places, ...window) {
      const { f, i } = memory;
      let output = 0;
      forEachWindow(window, ({ base, places: inside }) => {
        let best = inside[0]!;
        for (const place of inside) if (f[x + base + place]! > f[x + base + best]!) best = place;
        f[y + output] = f[x + base + best]!;
        i[places + output] = best;
        output++;
      });
    },
    maxPoolGradient(dy, places, dx, images, inputSize, outputSize) {
      const { f, i } = memory;
      f.fill(0, dx, dx + images * inputSize);
      for (let image = 0; image < images; image++) {
        for (let output = image * outputSize; output < (image + 1) * outputSize; output++) {
          const target = dx + image * inputSize + i[places + output]!;
          f[target] = fround(f[target]! + f[dy + output]!);
        }
      }
    },
    averagePool(x, y, ...window) {
      const { f } = memory;
      let output = y;
      forEachWindow(window, ({ base, places }) => {
        let sum = 0;
        for (const place of places) sum = fround(sum + f[x + base + place]!);
        f[output++] = fround(sum * fround(1 / places.length));
      });
    },
    averagePoolGradient(dy, dx, ...window) {
      const { f } = memory;
      const [images, height, width, channels] = window;
      f.fill(0, dx, dx + images * height * width * channels);
      let output = dy;
      forEachWindow(window, ({ base, places }) => {
        const share = fround(f[output++]! * fround(1 / places.length));
        for (const place of places) {
          f[dx + base + place] = fround(f[dx + base + place]! + share);
        }
      });
    },
  };
}
