// Pooling over windows of images [height, width, channels]. Windows may reach over the edges, where
// padding would be. Their bounds, x0 to x1 and y0 to y1, are cut to the image, so padding is never
// stored or read.
import { bytes } from "./address";

/**
 * Writes the largest value of each window, and its place, counted in values from the beginning of
 * its image. Of equal values the first one counts. Of a window that reaches over an edge, the part
 * inside the image counts.
 */
export function maxPool(
  x: usize,
  y: usize,
  places: usize,
  images: i32,
  height: i32,
  width: i32,
  channels: i32,
  rows: i32,
  columns: i32,
  poolY: i32,
  poolX: i32,
  stepY: i32,
  stepX: i32,
  top: i32,
  left: i32,
): void {
  const size = height * width * channels;
  // The number of the output that is computed next. Outputs lie in the order of these loops.
  let o = 0;
  for (let image = 0; image < images; image++) {
    const base = x + bytes(image * size);
    for (let row = 0; row < rows; row++) {
      const y0 = max(row * stepY - top, 0),
        y1 = min(row * stepY - top + poolY, height);
      for (let column = 0; column < columns; column++) {
        const x0 = max(column * stepX - left, 0),
          x1 = min(column * stepX - left + poolX, width);
        let channel = 0;
        // Four channels at a time. Every lane keeps its own largest value and its place.
        for (; channel + 4 <= channels; channel += 4) {
          let best = i32x4.splat((y0 * width + x0) * channels + channel);
          let most = v128.load(base + bytes((y0 * width + x0) * channels + channel));
          for (let i = y0; i < y1; i++) {
            for (let j = x0; j < x1; j++) {
              const place = (i * width + j) * channels + channel;
              const value = v128.load(base + bytes(place));
              // Only a larger value replaces the best one, so the first of equal values counts.
              const above = f32x4.gt(value, most);
              most = v128.bitselect(value, most, above);
              best = v128.bitselect(i32x4.splat(place), best, above);
            }
          }
          v128.store(y + bytes(o), most);
          // `best` is the place of the first of the four channels, the same in all lanes that chose
          // the same pixel. Lane i belongs to the channel i further on.
          v128.store(places + bytes(o), i32x4.add(best, i32x4(0, 1, 2, 3)));
          o += 4;
        }
        // The channels that are left over.
        for (; channel < channels; channel++) {
          let best = (y0 * width + x0) * channels + channel;
          let most = f32.load(base + bytes(best));
          for (let i = y0; i < y1; i++) {
            for (let j = x0; j < x1; j++) {
              const place = (i * width + j) * channels + channel;
              const value = f32.load(base + bytes(place));
              if (value > most) {
                most = value;
                best = place;
              }
            }
          }
          f32.store(y + bytes(o), most);
          i32.store(places + bytes(o), best);
          o++;
        }
      }
    }
  }
}

/**
 * Sets dx to zero, and adds dy of each window at the place of its largest value, in the order of
 * windows.
 */
export function maxPoolGradient(
  dy: usize,
  places: usize,
  dx: usize,
  images: i32,
  inputSize: i32,
  outputSize: i32,
): void {
  // Several windows may have their largest value in the same place.
  memory.fill(dx, 0, bytes(images * inputSize));
  for (let image = 0; image < images; image++) {
    const base = dx + bytes(image * inputSize);
    for (let i = image * outputSize, end = i + outputSize; i < end; i++) {
      // A place is counted in values of 4 bytes.
      const target = base + ((<usize>i32.load(places + bytes(i))) << 2);
      f32.store(target, f32.load(target) + f32.load(dy + bytes(i)));
    }
  }
}

/** Writes the mean of the values of each window that lie inside the image, added up row by row. */
export function averagePool(
  x: usize,
  y: usize,
  images: i32,
  height: i32,
  width: i32,
  channels: i32,
  rows: i32,
  columns: i32,
  poolY: i32,
  poolX: i32,
  stepY: i32,
  stepX: i32,
  top: i32,
  left: i32,
): void {
  let o = y;
  for (let image = 0; image < images; image++) {
    const base = x + bytes(image * height * width * channels);
    for (let row = 0; row < rows; row++) {
      const y0 = max(row * stepY - top, 0),
        y1 = min(row * stepY - top + poolY, height);
      for (let column = 0; column < columns; column++) {
        const x0 = max(column * stepX - left, 0),
          x1 = min(column * stepX - left + poolX, width);
        // Multiplying by the inverse is what the twin does too. A division would round differently.
        const part: f32 = 1 / <f32>((y1 - y0) * (x1 - x0));
        for (let channel = 0; channel < channels; channel++) {
          let sum: f32 = 0;
          for (let i = y0; i < y1; i++) {
            for (let j = x0; j < x1; j++)
              sum += f32.load(base + bytes((i * width + j) * channels + channel));
          }
          f32.store(o, sum * part);
          o += 4;
        }
      }
    }
  }
}

/**
 * Sets dx to zero, and adds dy of each window to its values in equal parts, in the order of
 * windows.
 */
export function averagePoolGradient(
  dy: usize,
  dx: usize,
  images: i32,
  height: i32,
  width: i32,
  channels: i32,
  rows: i32,
  columns: i32,
  poolY: i32,
  poolX: i32,
  stepY: i32,
  stepX: i32,
  top: i32,
  left: i32,
): void {
  // Windows may overlap, so their parts are added to what is there.
  memory.fill(dx, 0, bytes(images * height * width * channels));
  let o = dy;
  for (let image = 0; image < images; image++) {
    const base = dx + bytes(image * height * width * channels);
    for (let row = 0; row < rows; row++) {
      const y0 = max(row * stepY - top, 0),
        y1 = min(row * stepY - top + poolY, height);
      for (let column = 0; column < columns; column++) {
        const x0 = max(column * stepX - left, 0),
          x1 = min(column * stepX - left + poolX, width);
        const part: f32 = 1 / <f32>((y1 - y0) * (x1 - x0));
        for (let channel = 0; channel < channels; channel++) {
          const share: f32 = f32.load(o) * part;
          for (let i = y0; i < y1; i++) {
            for (let j = x0; j < x1; j++) {
              const target = base + bytes((i * width + j) * channels + channel);
              f32.store(target, f32.load(target) + share);
            }
          }
          o += 4;
        }
      }
    }
  }
}
