// Normalisation over groups of channels, and scaling of columns.
import { at } from "./multiply";

/**
 * y = (x − mean) / √(variance + ε) of each group of channels of an example, · gamma + beta; `stats` keeps mean and 1 / √ of
 * each group.
 */
export function groupNorm(
  x: i32, y: i32, stats: i32, gamma: i32, beta: i32,
  examples: i32, pixels: i32, channels: i32, groups: i32, epsilon: f32,
): void {
  const width = channels / groups;
  const count = <f32>(pixels * width);
  for (let example = 0; example < examples; example++) {
    for (let group = 0; group < groups; group++) {
      const first = example * pixels * channels + group * width;
      let sum: f32 = 0, squares: f32 = 0;
      for (let pixel = 0, from = at(x + first); pixel < pixels; pixel++, from += at(channels)) {
        for (let i = 0; i < width; i++) sum += f32.load(from + at(i));
      }
      const mean = sum / count;
      for (let pixel = 0, from = at(x + first); pixel < pixels; pixel++, from += at(channels)) {
        for (let i = 0; i < width; i++) {
          const distance = f32.load(from + at(i)) - mean;
          squares += distance * distance;
        }
      }
      const inverse: f32 = 1 / sqrt<f32>(squares / count + epsilon);
      f32.store(at(stats), mean);
      f32.store(at(stats), inverse, 4);
      stats += 2;
      let from = at(x + first), to = at(y + first);
      for (let pixel = 0; pixel < pixels; pixel++, from += at(channels), to += at(channels)) {
        for (let i = 0; i < width; i++) {
          let value: f32 = (f32.load(from + at(i)) - mean) * inverse;
          if (gamma) value = value * f32.load(at(gamma + group * width + i));
          if (beta) value = value + f32.load(at(beta + group * width + i));
          f32.store(to + at(i), value);
        }
      }
    }
  }
}

/** dx of `groupNorm`, from its input and what it kept. */
export function groupNormGradient(
  x: i32, stats: i32, gamma: i32, dy: i32, dx: i32,
  examples: i32, pixels: i32, channels: i32, groups: i32,
): void {
  const width = channels / groups;
  const count = <f32>(pixels * width);
  for (let example = 0; example < examples; example++) {
    for (let group = 0; group < groups; group++) {
      const first = example * pixels * channels + group * width;
      const mean = f32.load(at(stats)), inverse = f32.load(at(stats), 4);
      stats += 2;
      let sum: f32 = 0, along: f32 = 0;
      let from = at(x + first), slope = at(dy + first), to = at(dx + first);
      for (let pixel = 0; pixel < pixels; pixel++, from += at(channels), slope += at(channels)) {
        for (let i = 0; i < width; i++) {
          let d = f32.load(slope + at(i));
          if (gamma) d = d * f32.load(at(gamma + group * width + i));
          sum += d;
          along += d * ((f32.load(from + at(i)) - mean) * inverse);
        }
      }
      const shift = sum / count, tilt = along / count;
      from = at(x + first);
      slope = at(dy + first);
      for (let pixel = 0; pixel < pixels; pixel++) {
        for (let i = 0; i < width; i++) {
          let d = f32.load(slope + at(i));
          if (gamma) d = d * f32.load(at(gamma + group * width + i));
          const value: f32 = (f32.load(from + at(i)) - mean) * inverse;
          f32.store(to + at(i), (d - shift - value * tilt) * inverse);
        }
        from += at(channels);
        slope += at(channels);
        to += at(channels);
      }
    }
  }
}

/** gamma's gradient: Σ over examples and pixels of dy · (x − mean) / √. */
export function groupNormScaleGradient(
  x: i32, stats: i32, dy: i32, gradient: i32,
  examples: i32, pixels: i32, channels: i32, groups: i32,
): void {
  const width = channels / groups;
  for (let i = 0; i < channels; i++) {
    let sum: f32 = 0;
    let place = i;
    for (let example = 0; example < examples; example++) {
      const kept = at(stats + 2 * (example * groups + i / width));
      const mean = f32.load(kept), inverse = f32.load(kept, 4);
      for (let pixel = 0; pixel < pixels; pixel++, place += channels) {
        const value: f32 = (f32.load(at(x + place)) - mean) * inverse;
        sum += f32.load(at(dy + place)) * value;
      }
    }
    f32.store(at(gradient + i), sum);
  }
}

/** y = x · factor + term of each column; a `term` of 0 stands for zeros. */
export function scaleColumns(x: i32, y: i32, factor: i32, term: i32, rows: i32, columns: i32): void {
  for (let row = 0; row < rows; row++) {
    const from = at(x + row * columns), to = at(y + row * columns);
    for (let i = 0; i < columns; i++) {
      let value: f32 = f32.load(from + at(i)) * f32.load(at(factor + i));
      if (term) value = value + f32.load(at(term + i));
      f32.store(to + at(i), value);
    }
  }
}
