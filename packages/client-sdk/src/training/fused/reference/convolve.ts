import type { ConvolutionKernels } from "../image-kernels.ts";
import type { ReferenceMemory } from "./memory.ts";

const { fround } = Math;

export function convolutionKernels(memory: ReferenceMemory): ConvolutionKernels {
  return {
    convolve(
      x,
      xImage,
      xRow,
      xPixel,
      xLine,
      filter,
      height,
      width,
      bias,
      y,
      images,
      rows,
      columns,
      channels,
    ) {
      const { f } = memory;
      let output = y;
      for (let image = 0; image < images; image++) {
        for (let row = 0; row < rows; row++) {
          for (let column = 0; column < columns; column++) {
            const corner = x + image * xImage + row * xRow + column * xPixel;
            for (let channel = 0; channel < channels; channel++) {
              let sum = bias === 0 ? 0 : f[bias + channel]!;
              for (let line = 0; line < height; line++) {
                for (let i = 0; i < width; i++) {
                  const weight = f[filter + (line * width + i) * channels + channel]!;
                  sum = fround(sum + fround(f[corner + line * xLine + i]! * weight));
                }
              }
              f[output++] = sum;
            }
          }
        }
      }
    },
    filterGradient(
      x,
      xImage,
      xRow,
      xPixel,
      xLine,
      filter,
      height,
      width,
      dy,
      images,
      rows,
      columns,
      channels,
    ) {
      const { f } = memory;
      for (let line = 0; line < height; line++) {
        for (let i = 0; i < width; i++) {
          for (let channel = 0; channel < channels; channel++) {
            let sum = 0;
            let gradient = dy + channel;
            for (let image = 0; image < images; image++) {
              for (let row = 0; row < rows; row++) {
                for (let column = 0; column < columns; column++) {
                  const value =
                    f[x + image * xImage + row * xRow + column * xPixel + line * xLine + i]!;
                  sum = fround(sum + fround(value * f[gradient]!));
                  gradient += channels;
                }
              }
            }
            f[filter + (line * width + i) * channels + channel] = sum;
          }
        }
      }
    },
    flipFilter(filter, to, height, width, channels, outputs) {
      const { f } = memory;
      const places = height * width;
      for (let place = 0; place < places; place++) {
        for (let i = 0; i < channels; i++) {
          for (let o = 0; o < outputs; o++) {
            f[to + (place * outputs + o) * channels + i] =
              f[filter + ((places - 1 - place) * channels + i) * outputs + o]!;
          }
        }
      }
    },
    place(from, to, images, height, width, channels, toHeight, toWidth, top, left, stepY, stepX) {
      const { f } = memory;
      f.fill(0, to, to + images * toHeight * toWidth * channels);
      for (let image = 0; image < images; image++) {
        for (let row = 0; row < height; row++) {
          for (let column = 0; column < width; column++) {
            const source = from + ((image * height + row) * width + column) * channels;
            const line = image * toHeight + top + row * stepY;
            const target = to + (line * toWidth + left + column * stepX) * channels;
            f.copyWithin(target, source, source + channels);
          }
        }
      }
    },
    crop(from, to, images, height, width, channels, toHeight, toWidth, top, left) {
      const { f } = memory;
      for (let image = 0; image < images; image++) {
        for (let row = 0; row < toHeight; row++) {
          const source = from + ((image * height + top + row) * width + left) * channels;
          const target = to + (image * toHeight + row) * toWidth * channels;
          f.copyWithin(target, source, source + toWidth * channels);
        }
      }
    },
  };
}
