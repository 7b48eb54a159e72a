import type { PoolingKernels, PoolWindows } from "../image-kernels.ts";
import { indexOf, type ReferenceMemory } from "./memory.ts";

const { fround } = Math;

/**
 * The specification of the kernels for pooling. Outputs are numbered in the order of windows, and
 * within a window by channels. A place is the number of a value within its image.
 */
export function poolingKernels(memory: ReferenceMemory): PoolingKernels {
  return {
    maxPool(x, y, places, windows, images) {
      const { f, i } = memory;
      let output = 0;
      forEachWindow(windows, images, (base, inside) => {
        const image = indexOf(x) + base;
        // Only a larger value replaces the best one, so the first of equal values counts.
        let best = inside[0]!;
        for (const place of inside) if (f[image + place]! > f[image + best]!) best = place;
        f[indexOf(y) + output] = f[image + best]!;
        i[indexOf(places) + output] = best;
        output++;
      });
    },
    maxPoolGradient(dy, places, dx, windows, images) {
      const { f, i } = memory;
      const size = sizeOfImage(windows);
      const outputs = windows.rows * windows.columns * windows.channels;
      // Windows may overlap, so gradients are added.
      f.fill(0, indexOf(dx), indexOf(dx) + images * size);
      for (let image = 0; image < images; image++) {
        for (let output = image * outputs; output < (image + 1) * outputs; output++) {
          const target = indexOf(dx) + image * size + i[indexOf(places) + output]!;
          f[target] = fround(f[target]! + f[indexOf(dy) + output]!);
        }
      }
    },
    averagePool(x, y, windows, images) {
      const { f } = memory;
      let output = indexOf(y);
      forEachWindow(windows, images, (base, inside) => {
        let sum = 0;
        for (const place of inside) sum = fround(sum + f[indexOf(x) + base + place]!);
        // Values beyond an edge are not counted. The kernel in WebAssembly multiplies by the
        // inverse of the count too, which rounds differently from a division.
        f[output++] = fround(sum * fround(1 / inside.length));
      });
    },
    averagePoolGradient(dy, dx, windows, images) {
      const { f } = memory;
      // Windows may overlap here too.
      f.fill(0, indexOf(dx), indexOf(dx) + images * sizeOfImage(windows));
      let output = indexOf(dy);
      forEachWindow(windows, images, (base, inside) => {
        const share = fround(f[output++]! * fround(1 / inside.length));
        for (const place of inside) {
          const target = indexOf(dx) + base + place;
          f[target] = fround(f[target]! + share);
        }
      });
    },
  };
}

const sizeOfImage = ({ height, width, channels }: PoolWindows): number => height * width * channels;

/**
 * Visits every window and channel in order.
 * @param visit - Gets where the image of the window begins, and the places of those values of the
 *   window that lie inside the image, counted from its beginning.
 */
function forEachWindow(
  windows: PoolWindows,
  images: number,
  visit: (base: number, inside: readonly number[]) => void,
): void {
  const { height, width, channels, rows, columns, size, steps, top, left } = windows;
  for (let image = 0; image < images; image++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        for (let channel = 0; channel < channels; channel++) {
          const inside: number[] = [];
          // The upper left corner of the window, which lies outside the image where there is
          // padding.
          const y = row * steps[0] - top;
          const x = column * steps[1] - left;
          for (let i = Math.max(y, 0); i < Math.min(y + size[0], height); i++) {
            for (let j = Math.max(x, 0); j < Math.min(x + size[1], width); j++) {
              inside.push((i * width + j) * channels + channel);
            }
          }
          visit(image * sizeOfImage(windows), inside);
        }
      }
    }
  }
}
