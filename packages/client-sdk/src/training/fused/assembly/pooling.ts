// Pooling over windows of images [height, width, channels].
import { at } from "./multiply";

/**
 * The largest value of each window, and where it was, as an offset within the image. Of equals the first counts.
 * Windows that reach over the edge take what is inside.
 */
export function maxPool(
  x: i32, y: i32, places: i32, images: i32, height: i32, width: i32, channels: i32,
  rows: i32, columns: i32, poolY: i32, poolX: i32, stepY: i32, stepX: i32, top: i32, left: i32,
): void {
  const size = height * width * channels;
  let o = 0;
  for (let image = 0; image < images; image++) {
    const base = at(x + image * size);
    for (let row = 0; row < rows; row++) {
      const y0 = max(row * stepY - top, 0), y1 = min(row * stepY - top + poolY, height);
      for (let column = 0; column < columns; column++) {
        const x0 = max(column * stepX - left, 0), x1 = min(column * stepX - left + poolX, width);
        let channel = 0;
        for (; channel + 4 <= channels; channel += 4) {
          let best = i32x4.splat((y0 * width + x0) * channels + channel);
          let most = v128.load(base + at((y0 * width + x0) * channels + channel));
          for (let i = y0; i < y1; i++) {
            for (let j = x0; j < x1; j++) {
              const place = (i * width + j) * channels + channel;
              const value = v128.load(base + at(place));
              const above = f32x4.gt(value, most);
              most = v128.bitselect(value, most, above);
              best = v128.bitselect(i32x4.splat(place), best, above);
            }
          }
          v128.store(at(y + o), most);
          v128.store(at(places + o), i32x4.add(best, i32x4(0, 1, 2, 3)));
          o += 4;
        }
        for (; channel < channels; channel++) {
          let best = (y0 * width + x0) * channels + channel;
          let most = f32.load(base + at(best));
          for (let i = y0; i < y1; i++) {
            for (let j = x0; j < x1; j++) {
              const place = (i * width + j) * channels + channel;
              const value = f32.load(base + at(place));
              if (value > most) { most = value; best = place; }
            }
          }
          f32.store(at(y + o), most);
          i32.store(at(places + o), best);
          o++;
        }
      }
    }
  }
}

/** dx = each window's dy at the place of its largest value, in the order of windows. */
export function maxPoolGradient(dy: i32, places: i32, dx: i32, images: i32, inputSize: i32, outputSize: i32): void {
  memory.fill(at(dx), 0, at(images * inputSize));
  for (let image = 0; image < images; image++) {
    const base = at(dx + image * inputSize);
    for (let i = image * outputSize, end = i + outputSize; i < end; i++) {
      const target = base + (<usize>i32.load(at(places + i)) << 2);
      f32.store(target, f32.load(target) + f32.load(at(dy + i)));
    }
  }
}

/** The mean of each window's values that are inside, added up row by row. */
export function averagePool(
  x: i32, y: i32, images: i32, height: i32, width: i32, channels: i32,
  rows: i32, columns: i32, poolY: i32, poolX: i32, stepY: i32, stepX: i32, top: i32, left: i32,
): void {
  let o = at(y);
  for (let image = 0; image < images; image++) {
    const base = at(x + image * height * width * channels);
    for (let row = 0; row < rows; row++) {
      const y0 = max(row * stepY - top, 0), y1 = min(row * stepY - top + poolY, height);
      for (let column = 0; column < columns; column++) {
        const x0 = max(column * stepX - left, 0), x1 = min(column * stepX - left + poolX, width);
        const part: f32 = 1 / <f32>((y1 - y0) * (x1 - x0));
        for (let channel = 0; channel < channels; channel++) {
          let sum: f32 = 0;
          for (let i = y0; i < y1; i++) {
            for (let j = x0; j < x1; j++) sum += f32.load(base + at((i * width + j) * channels + channel));
          }
          f32.store(o, sum * part);
          o += 4;
        }
      }
    }
  }
}

/** dx = each window's dy in equal parts, in the order of windows. */
export function averagePoolGradient(
  dy: i32, dx: i32, images: i32, height: i32, width: i32, channels: i32,
  rows: i32, columns: i32, poolY: i32, poolX: i32, stepY: i32, stepX: i32, top: i32, left: i32,
): void {
  memory.fill(at(dx), 0, at(images * height * width * channels));
  let o = at(dy);
  for (let image = 0; image < images; image++) {
    const base = at(dx + image * height * width * channels);
    for (let row = 0; row < rows; row++) {
      const y0 = max(row * stepY - top, 0), y1 = min(row * stepY - top + poolY, height);
      for (let column = 0; column < columns; column++) {
        const x0 = max(column * stepX - left, 0), x1 = min(column * stepX - left + poolX, width);
        const part: f32 = 1 / <f32>((y1 - y0) * (x1 - x0));
        for (let channel = 0; channel < channels; channel++) {
          const share: f32 = f32.load(o) * part;
          for (let i = y0; i < y1; i++) {
            for (let j = x0; j < x1; j++) {
              const target = base + at((i * width + j) * channels + channel);
              f32.store(target, f32.load(target) + share);
            }
          }
          o += 4;
        }
      }
    }
  }
}
