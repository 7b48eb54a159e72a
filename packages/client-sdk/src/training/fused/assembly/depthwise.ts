// Convolutions of each channel on its own, over images that are already padded. Filters lie as
// [height, width, channels, multiplier].
import { at } from "./multiply";

/** y [images, rows, columns, channels · multiplier] = bias + x ⋆ filter; sums run over the filter row by row. */
export function depthwise(
  x: i32, xImage: i32, xRow: i32, xPixel: i32, xLine: i32, filter: i32, height: i32, width: i32,
  bias: i32, y: i32, images: i32, rows: i32, columns: i32, channels: i32, multiplier: i32,
): void {
  const outputs = channels * multiplier;
  let o = at(y);
  for (let image = 0; image < images; image++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const corner = at(x + image * xImage + row * xRow + column * xPixel);
        let k = 0;
        if (multiplier == 1) {
          for (; k + 4 <= outputs; k += 4) {
            let sum = bias ? v128.load(at(bias + k)) : f32x4.splat(0);
            for (let i = 0; i < height; i++) {
              for (let j = 0; j < width; j++) {
                const value = v128.load(corner + at(i * xLine + j * channels + k));
                sum = f32x4.add(sum, f32x4.mul(value, v128.load(at(filter + (i * width + j) * outputs + k))));
              }
            }
            v128.store(o + at(k), sum);
          }
        }
        for (; k < outputs; k++) {
          const channel = k / multiplier;
          let sum: f32 = bias ? f32.load(at(bias + k)) : 0;
          for (let i = 0; i < height; i++) {
            for (let j = 0; j < width; j++) {
              const value = f32.load(corner + at(i * xLine + j * channels + channel));
              sum += value * f32.load(at(filter + (i * width + j) * outputs + k));
            }
          }
          f32.store(o + at(k), sum);
        }
        o += at(outputs);
      }
    }
  }
}

/** filter = Σ over images, rows and columns of x · dy. */
export function depthwiseFilterGradient(
  x: i32, xImage: i32, xRow: i32, xPixel: i32, xLine: i32, filter: i32, height: i32, width: i32,
  dy: i32, images: i32, rows: i32, columns: i32, channels: i32, multiplier: i32,
): void {
  const outputs = channels * multiplier;
  memory.fill(at(filter), 0, at(height * width * outputs));
  let g = at(dy);
  for (let image = 0; image < images; image++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const corner = at(x + image * xImage + row * xRow + column * xPixel);
        for (let i = 0; i < height; i++) {
          for (let j = 0; j < width; j++) {
            const from = corner + at(i * xLine + j * channels), to = at(filter + (i * width + j) * outputs);
            let k = 0;
            if (multiplier == 1) {
              for (; k + 4 <= outputs; k += 4) {
                const product = f32x4.mul(v128.load(from + at(k)), v128.load(g + at(k)));
                v128.store(to + at(k), f32x4.add(v128.load(to + at(k)), product));
              }
            }
            for (; k < outputs; k++) {
              f32.store(to + at(k), f32.load(to + at(k)) + f32.load(from + at(k / multiplier)) * f32.load(g + at(k)));
            }
          }
        }
        g += at(outputs);
      }
    }
  }
}

/** dx, over the padded images, from zeros: dy · filter of every window, in the order of windows. */
export function depthwiseInputGradient(
  dx: i32, xImage: i32, xRow: i32, xPixel: i32, xLine: i32, filter: i32, height: i32, width: i32,
  dy: i32, images: i32, rows: i32, columns: i32, channels: i32, multiplier: i32,
): void {
  const outputs = channels * multiplier;
  memory.fill(at(dx), 0, at(images * xImage));
  let g = at(dy);
  for (let image = 0; image < images; image++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const corner = at(dx + image * xImage + row * xRow + column * xPixel);
        for (let i = 0; i < height; i++) {
          for (let j = 0; j < width; j++) {
            const to = corner + at(i * xLine + j * channels), from = at(filter + (i * width + j) * outputs);
            let k = 0;
            if (multiplier == 1) {
              for (; k + 4 <= outputs; k += 4) {
                const product = f32x4.mul(v128.load(g + at(k)), v128.load(from + at(k)));
                v128.store(to + at(k), f32x4.add(v128.load(to + at(k)), product));
              }
            }
            for (; k < outputs; k++) {
              const target = to + at(k / multiplier);
              f32.store(target, f32.load(target) + f32.load(g + at(k)) * f32.load(from + at(k)));
            }
          }
        }
        g += at(outputs);
      }
    }
  }
}
