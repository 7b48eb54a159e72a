import type { ConvolutionKernels, FilterWindows, Images } from "../image-kernels.ts";
import { indexOf, type ReferenceMemory } from "./memory.ts";

const { fround } = Math;

/**
 * The specification of the kernels over images in which every output depends on every channel.
 * `f[…]` is the memory, and all numbers that the loops add up are indices into it. `corner` is the
 * index of the first value of a window, and the value at [line, column, channel] of the window lies
 * `line * x.line + column * channels + channel` after it.
 */
export function convolutionKernels(memory: ReferenceMemory): ConvolutionKernels {
  /** Copies the channels of one pixel. */
  const copyPixel = (from: number, to: number, channels: number): void => {
    memory.f.copyWithin(to, from, from + channels);
  };
  return {
    convolve({ x, filter, bias, y }, images) {
      const { f } = memory;
      const { outputs } = filter;
      // The values under one line of the filter are neighbours in the image: the columns of the
      // line, each with all its channels.
      const length = filter.width * filter.channels;
      const weights = indexOf(filter.at);
      // Outputs are written one after the other, in the order in which windows are visited.
      let output = indexOf(y);
      forEachWindow(x, images, (corner, window) => {
        for (let k = 0; k < outputs; k++) {
          // The order of this sum is the specification: the bias, then line by line.
          let sum = bias === 0 ? 0 : f[indexOf(bias) + k]!;
          for (let line = 0; line < filter.height; line++) {
            if (!counts(x, window, line)) continue;
            for (let i = 0; i < length; i++) {
              const weight = f[weights + (line * length + i) * outputs + k]!;
              sum = fround(sum + fround(f[corner + line * x.line + i]! * weight));
            }
          }
          f[output++] = sum;
        }
      });
    },
    filterGradient({ x, filter, dy }, images) {
      const { f } = memory;
      const { outputs } = filter;
      // As in `convolve`: the columns and channels of one line of the filter.
      const length = filter.width * filter.channels;
      for (let line = 0; line < filter.height; line++) {
        for (let i = 0; i < length; i++) {
          for (let k = 0; k < outputs; k++) {
            // Each weight has met one value of every window. Its gradient is the sum of those
            // values, each times the gradient of the output that it went into.
            let sum = 0;
            let gradient = indexOf(dy) + k;
            forEachWindow(x, images, (corner, window) => {
              if (counts(x, window, line))
                sum = fround(sum + fround(f[corner + line * x.line + i]! * f[gradient]!));
              gradient += outputs;
            });
            f[indexOf(filter.at) + (line * length + i) * outputs + k] = sum;
          }
        }
      }
    },
    flipFilter({ at, height, width, channels, outputs }, to) {
      const { f } = memory;
      // Counting the places of the filter backwards turns it by half a turn.
      const places = height * width;
      for (let place = 0; place < places; place++) {
        for (let i = 0; i < channels; i++) {
          for (let k = 0; k < outputs; k++) {
            f[indexOf(to.at) + (place * outputs + k) * channels + i] =
              f[indexOf(at) + ((places - 1 - place) * channels + i) * outputs + k]!;
          }
        }
      }
    },
    placeImages(from, to, { top, left, stepY, stepX }, images) {
      const { channels } = from;
      const start = indexOf(to.at);
      // What lies between and around the pixels must be zero, and the memory may hold old values.
      memory.f.fill(0, start, start + images * to.height * to.width * channels);
      for (let image = 0; image < images; image++) {
        for (let row = 0; row < from.height; row++) {
          for (let column = 0; column < from.width; column++) {
            // With steps above 1, rows and columns of zeros stay between the pixels.
            const target = pixelOf(to, image, top + row * stepY, left + column * stepX);
            copyPixel(pixelOf(from, image, row, column), target, channels);
          }
        }
      }
    },
    cropImages(from, to, { top, left }, images) {
      for (let image = 0; image < images; image++) {
        for (let row = 0; row < to.height; row++) {
          for (let column = 0; column < to.width; column++) {
            const source = pixelOf(from, image, top + row, left + column);
            copyPixel(source, pixelOf(to, image, row, column), from.channels);
          }
        }
      }
    },
  };
}

/** @returns The index of the first channel of a pixel. */
function pixelOf(
  { at, height, width, channels }: Images,
  image: number,
  row: number,
  column: number,
): number {
  return indexOf(at) + ((image * height + row) * width + column) * channels;
}

/** Whether a line of a window lies over one of the image, and not over padding. */
function counts(
  { row, line: stride, rows, columns, firstLine, endLine }: FilterWindows,
  window: number,
  line: number,
): boolean {
  const first = (Math.floor(window / columns) % rows) * (row / stride);
  return first + line >= firstLine && first + line < endLine;
}

/** Visits every window in order, with the index of its first value and its number. */
export function forEachWindow(
  { at, rows, columns, ...strides }: FilterWindows,
  images: number,
  visit: (corner: number, window: number) => void,
): void {
  let window = 0;
  for (let image = 0; image < images; image++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const offset = image * strides.image + row * strides.row + column * strides.column;
        visit(indexOf(at) + offset, window++);
      }
    }
  }
}
