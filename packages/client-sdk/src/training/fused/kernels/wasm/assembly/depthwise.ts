// Convolutions of each channel on its own, over images that have their padding already. Filters
// have the shape [height, width, channels, multiplier]. With a multiplier of 1, four channels are
// computed at once.
//
// In all three kernels, `xImage`, `xRow` and `xPixel` are the strides of x from the window of one
// output to that of the next: by image, by row and by pixel. `xLine` is the stride within a window,
// from one row of the filter to the next. All are counted in values.
import { bytes } from "./address";

/**
 * Computes y [images, rows, columns, channels · multiplier] = bias + x ⋆ filter. Each sum runs over
 * the filter row by row.
 */
export function depthwise(
  x: usize,
  xImage: i32,
  xRow: i32,
  xPixel: i32,
  xLine: i32,
  filter: usize,
  height: i32,
  width: i32,
  bias: usize,
  y: usize,
  images: i32,
  rows: i32,
  columns: i32,
  channels: i32,
  multiplier: i32,
): void {
  const outputs = channels * multiplier;
  // The address of the pixel of the output that is computed next.
  let o = y;
  for (let image = 0; image < images; image++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const corner = x + bytes(image * xImage + row * xRow + column * xPixel);
        // With a multiplier of 1, output k belongs to channel k. So four neighbouring channels meet
        // four neighbouring weights, and each lane of a vector is a sum of its own.
        let k = 0;
        if (multiplier == 1) {
          for (; k + 4 <= outputs; k += 4) {
            let sum = bias ? v128.load(bias + bytes(k)) : f32x4.splat(0);
            for (let i = 0; i < height; i++) {
              for (let j = 0; j < width; j++) {
                const value = v128.load(corner + bytes(i * xLine + j * channels + k));
                sum = f32x4.add(
                  sum,
                  f32x4.mul(value, v128.load(filter + bytes((i * width + j) * outputs + k))),
                );
              }
            }
            v128.store(o + bytes(k), sum);
          }
        }
        // The channels that are left over, or all outputs where channels have several.
        for (; k < outputs; k++) {
          const channel = k / multiplier;
          let sum: f32 = bias ? f32.load(bias + bytes(k)) : 0;
          for (let i = 0; i < height; i++) {
            for (let j = 0; j < width; j++) {
              const value = f32.load(corner + bytes(i * xLine + j * channels + channel));
              sum += value * f32.load(filter + bytes((i * width + j) * outputs + k));
            }
          }
          f32.store(o + bytes(k), sum);
        }
        o += bytes(outputs);
      }
    }
  }
}

/** Computes filter = Σ x · dy over images, rows and columns. */
export function depthwiseFilterGradient(
  x: usize,
  xImage: i32,
  xRow: i32,
  xPixel: i32,
  xLine: i32,
  filter: usize,
  height: i32,
  width: i32,
  dy: usize,
  images: i32,
  rows: i32,
  columns: i32,
  channels: i32,
  multiplier: i32,
): void {
  const outputs = channels * multiplier;
  memory.fill(filter, 0, bytes(height * width * outputs));
  // The address of the gradient of the pixel whose window is under way.
  let g = dy;
  for (let image = 0; image < images; image++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const corner = x + bytes(image * xImage + row * xRow + column * xPixel);
        for (let i = 0; i < height; i++) {
          for (let j = 0; j < width; j++) {
            const from = corner + bytes(i * xLine + j * channels),
              to = filter + bytes((i * width + j) * outputs);
            // Each weight gets one product per window. Lanes are different weights, so no order of
            // additions changes.
            let k = 0;
            if (multiplier == 1) {
              for (; k + 4 <= outputs; k += 4) {
                const product = f32x4.mul(v128.load(from + bytes(k)), v128.load(g + bytes(k)));
                v128.store(to + bytes(k), f32x4.add(v128.load(to + bytes(k)), product));
              }
            }
            for (; k < outputs; k++) {
              f32.store(
                to + bytes(k),
                f32.load(to + bytes(k)) +
                  f32.load(from + bytes(k / multiplier)) * f32.load(g + bytes(k)),
              );
            }
          }
        }
        g += bytes(outputs);
      }
    }
  }
}

/**
 * Sets dx, the gradient of the padded images, to zero, and adds dy · filter of every window in
 * order.
 */
export function depthwiseInputGradient(
  dx: usize,
  xImage: i32,
  xRow: i32,
  xPixel: i32,
  xLine: i32,
  filter: usize,
  height: i32,
  width: i32,
  dy: usize,
  images: i32,
  rows: i32,
  columns: i32,
  channels: i32,
  multiplier: i32,
): void {
  const outputs = channels * multiplier;
  memory.fill(dx, 0, bytes(images * xImage));
  // As in `depthwiseFilterGradient`.
  let g = dy;
  for (let image = 0; image < images; image++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const corner = dx + bytes(image * xImage + row * xRow + column * xPixel);
        for (let i = 0; i < height; i++) {
          for (let j = 0; j < width; j++) {
            const to = corner + bytes(i * xLine + j * channels),
              from = filter + bytes((i * width + j) * outputs);
            // Lanes are different channels of the same pixel. With several outputs for a channel,
            // their parts are added one after the other.
            let k = 0;
            if (multiplier == 1) {
              for (; k + 4 <= outputs; k += 4) {
                const product = f32x4.mul(v128.load(g + bytes(k)), v128.load(from + bytes(k)));
                v128.store(to + bytes(k), f32x4.add(v128.load(to + bytes(k)), product));
              }
            }
            for (; k < outputs; k++) {
              const target = to + bytes(k / multiplier);
              f32.store(
                target,
                f32.load(target) + f32.load(g + bytes(k)) * f32.load(from + bytes(k)),
              );
            }
          }
        }
        g += bytes(outputs);
      }
    }
  }
}
