// Normalisation over groups of channels, and scaling of columns. A group is `width` neighbouring
// channels of all pixels of an example. Its sums run pixel by pixel, one value after the other: a
// sum over vectors would add in another order, and so give other bits.
import { bytes } from "./address";

/**
 * Computes y = (x − mean) / √(variance + ε) · gamma + beta, with the mean and the variance of each
 * group of channels of an example. `stats` receives the mean and 1 / √(variance + ε) of each group.
 */
export function groupNorm(
  x: usize,
  y: usize,
  stats: usize,
  gamma: usize,
  beta: usize,
  examples: i32,
  pixels: i32,
  channels: i32,
  groups: i32,
  epsilon: f32,
): void {
  const width = channels / groups;
  const count = <f32>(pixels * width);
  for (let example = 0; example < examples; example++) {
    for (let group = 0; group < groups; group++) {
      const first = example * pixels * channels + group * width;
      // First the mean, then the variance around it, and then the result: three passes over the
      // group.
      let sum: f32 = 0,
        squares: f32 = 0;
      for (
        let pixel = 0, from = x + bytes(first);
        pixel < pixels;
        pixel++, from += bytes(channels)
      ) {
        for (let i = 0; i < width; i++) sum += f32.load(from + bytes(i));
      }
      const mean = sum / count;
      for (
        let pixel = 0, from = x + bytes(first);
        pixel < pixels;
        pixel++, from += bytes(channels)
      ) {
        for (let i = 0; i < width; i++) {
          const distance = f32.load(from + bytes(i)) - mean;
          squares += distance * distance;
        }
      }
      const inverse: f32 = 1 / sqrt<f32>(squares / count + epsilon);
      // `stats` runs along with the groups: two values for each of them.
      f32.store(stats, mean);
      f32.store(stats, inverse, 4);
      stats += 8;
      let from = x + bytes(first),
        to = y + bytes(first);
      for (let pixel = 0; pixel < pixels; pixel++, from += bytes(channels), to += bytes(channels)) {
        for (let i = 0; i < width; i++) {
          // An address of 0 means that the layer has no such parameter.
          let value: f32 = (f32.load(from + bytes(i)) - mean) * inverse;
          if (gamma) value = value * f32.load(gamma + bytes(group * width + i));
          if (beta) value = value + f32.load(beta + bytes(group * width + i));
          f32.store(to + bytes(i), value);
        }
      }
    }
  }
}

/** Computes dx of `groupNorm` from its input and from `stats`. */
export function groupNormGradient(
  x: usize,
  stats: usize,
  gamma: usize,
  dy: usize,
  dx: usize,
  examples: i32,
  pixels: i32,
  channels: i32,
  groups: i32,
): void {
  const width = channels / groups;
  const count = <f32>(pixels * width);
  for (let example = 0; example < examples; example++) {
    for (let group = 0; group < groups; group++) {
      const first = example * pixels * channels + group * width;
      const mean = f32.load(stats),
        inverse = f32.load(stats, 4);
      stats += 8;
      // First pass: the sum of the gradients of the normalised values, and the sum of their
      // products with those values.
      let sum: f32 = 0,
        along: f32 = 0;
      let from = x + bytes(first),
        slope = dy + bytes(first),
        to = dx + bytes(first);
      for (
        let pixel = 0;
        pixel < pixels;
        pixel++, from += bytes(channels), slope += bytes(channels)
      ) {
        for (let i = 0; i < width; i++) {
          let d = f32.load(slope + bytes(i));
          if (gamma) d = d * f32.load(gamma + bytes(group * width + i));
          sum += d;
          along += d * ((f32.load(from + bytes(i)) - mean) * inverse);
        }
      }
      // Second pass: what is left of a gradient once the changes of the mean (`shift`) and of the
      // variance (`tilt`) are taken out.
      const shift = sum / count,
        tilt = along / count;
      from = x + bytes(first);
      slope = dy + bytes(first);
      for (let pixel = 0; pixel < pixels; pixel++) {
        for (let i = 0; i < width; i++) {
          let d = f32.load(slope + bytes(i));
          if (gamma) d = d * f32.load(gamma + bytes(group * width + i));
          const value: f32 = (f32.load(from + bytes(i)) - mean) * inverse;
          f32.store(to + bytes(i), (d - shift - value * tilt) * inverse);
        }
        from += bytes(channels);
        slope += bytes(channels);
        to += bytes(channels);
      }
    }
  }
}

/** Computes the gradient of gamma: Σ dy · (x − mean) / √(variance + ε) over examples and pixels. */
export function groupNormScaleGradient(
  x: usize,
  stats: usize,
  dy: usize,
  gradient: usize,
  examples: i32,
  pixels: i32,
  channels: i32,
  groups: i32,
): void {
  const width = channels / groups;
  for (let i = 0; i < channels; i++) {
    let sum: f32 = 0;
    // Walks along one channel through all pixels of all examples.
    let place = i;
    for (let example = 0; example < examples; example++) {
      const kept = stats + bytes(2 * (example * groups + i / width));
      const mean = f32.load(kept),
        inverse = f32.load(kept, 4);
      for (let pixel = 0; pixel < pixels; pixel++, place += channels) {
        const value: f32 = (f32.load(x + bytes(place)) - mean) * inverse;
        sum += f32.load(dy + bytes(place)) * value;
      }
    }
    f32.store(gradient + bytes(i), sum);
  }
}

/**
 * Computes y = x · factor + term with a factor and a term for each column. A `term` of 0 stands for
 * zeros.
 */
export function scaleColumns(
  x: usize,
  y: usize,
  factor: usize,
  term: usize,
  rows: i32,
  columns: i32,
): void {
  for (let row = 0; row < rows; row++) {
    const from = x + bytes(row * columns),
      to = y + bytes(row * columns);
    for (let i = 0; i < columns; i++) {
      let value: f32 = f32.load(from + bytes(i)) * f32.load(factor + bytes(i));
      if (term) value = value + f32.load(term + bytes(i));
      f32.store(to + bytes(i), value);
    }
  }
}
