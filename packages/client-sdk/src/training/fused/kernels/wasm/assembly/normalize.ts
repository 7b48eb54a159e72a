// Normalisation over groups of channels, and scaling of columns. A group is `width` neighbouring
// channels of all pixels of an example. Its sums run pixel by pixel, one value after the other: a
// sum over vectors would add in another order, and so give other bits. Four examples are summed up
// side by side instead.
import { bytes } from "./address";
import { gather4, toLane } from "./lanes";
import { storeSome } from "./register-tiles";

/** What a pass over the groups of four examples leaves for the next, two vectors. */
const LANES = memory.data(32, 16);

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
  const width = channels / groups,
    size = <i32>bytes(pixels * channels);
  const count = f32x4.splat(<f32>(pixels * width)),
    one = f32x4.splat(1);
  for (let first = 0; first < examples; first += 4) {
    const to1 = toLane(1, first, examples, size),
      to2 = toLane(2, first, examples, size),
      to3 = toLane(3, first, examples, size);
    for (let group = 0; group < groups; group++) {
      const place = <usize>(first * size) + bytes(group * width);
      // First the means, then the variances around them, and then the results: three passes over
      // the groups.
      let sums = f32x4.splat(0),
        squares = sums,
        from = x + place;
      for (let pixel = 0; pixel < pixels; pixel++, from += bytes(channels)) {
        for (let i = 0; i < width; i++)
          sums = f32x4.add(sums, gather4(from + bytes(i), to1, to2, to3));
      }
      const means = f32x4.div(sums, count);
      from = x + place;
      for (let pixel = 0; pixel < pixels; pixel++, from += bytes(channels)) {
        for (let i = 0; i < width; i++) {
          const distance = f32x4.sub(gather4(from + bytes(i), to1, to2, to3), means);
          squares = f32x4.add(squares, f32x4.mul(distance, distance));
        }
      }
      const spread = f32x4.add(f32x4.div(squares, count), f32x4.splat(epsilon));
      v128.store(LANES, means);
      v128.store(LANES, f32x4.div(one, f32x4.sqrt(spread)), 16);
      for (let example = first; example < min(first + 4, examples); example++) {
        const lane = LANES + bytes(example - first),
          kept = stats + bytes(2 * (example * groups + group)),
          mean = v128.load32_splat(lane),
          inverse = v128.load32_splat(lane, 16);
        f32.store(kept, f32.load(lane));
        f32.store(kept, f32.load(lane, 16), 4);
        for (let pixel = 0; pixel < pixels; pixel++) {
          const at = <usize>(example * size) + bytes(pixel * channels + group * width);
          for (let i = 0; i < width; i += 4) {
            // An address of 0 means that the layer has no such parameter.
            let value = f32x4.mul(f32x4.sub(v128.load(x + at + bytes(i)), mean), inverse);
            const channel = bytes(group * width + i);
            if (gamma) value = f32x4.mul(value, v128.load(gamma + channel));
            if (beta) value = f32x4.add(value, v128.load(beta + channel));
            storeSome(y + at + bytes(i), value, width - i);
          }
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
  const width = channels / groups,
    size = <i32>bytes(pixels * channels),
    statsEach = <i32>bytes(2 * groups);
  const count = f32x4.splat(<f32>(pixels * width));
  for (let first = 0; first < examples; first += 4) {
    const to1 = toLane(1, first, examples, size),
      to2 = toLane(2, first, examples, size),
      to3 = toLane(3, first, examples, size);
    for (let group = 0; group < groups; group++) {
      const kept = stats + bytes(2 * (first * groups + group)),
        kept1 = toLane(1, first, examples, statsEach),
        kept2 = toLane(2, first, examples, statsEach),
        kept3 = toLane(3, first, examples, statsEach);
      const means = gather4(kept, kept1, kept2, kept3),
        inverses = gather4(kept + 4, kept1, kept2, kept3);
      // First pass: the sum of the gradients of the normalised values, and the sum of their
      // products with those values.
      let sums = f32x4.splat(0),
        along = sums;
      for (let pixel = 0; pixel < pixels; pixel++) {
        const at = <usize>(first * size) + bytes(pixel * channels + group * width);
        for (let i = 0; i < width; i++) {
          let d = gather4(dy + at + bytes(i), to1, to2, to3);
          if (gamma) d = f32x4.mul(d, v128.load32_splat(gamma + bytes(group * width + i)));
          sums = f32x4.add(sums, d);
          const value = gather4(x + at + bytes(i), to1, to2, to3);
          along = f32x4.add(along, f32x4.mul(d, f32x4.mul(f32x4.sub(value, means), inverses)));
        }
      }
      // Second pass: what is left of a gradient once the changes of the mean (`shift`) and of the
      // variance (`tilt`) are taken out.
      v128.store(LANES, f32x4.div(sums, count));
      v128.store(LANES, f32x4.div(along, count), 16);
      for (let example = first; example < min(first + 4, examples); example++) {
        const lane = LANES + bytes(example - first),
          own = stats + bytes(2 * (example * groups + group)),
          shift = v128.load32_splat(lane),
          tilt = v128.load32_splat(lane, 16),
          mean = v128.load32_splat(own),
          inverse = v128.load32_splat(own, 4);
        for (let pixel = 0; pixel < pixels; pixel++) {
          const at = <usize>(example * size) + bytes(pixel * channels + group * width);
          for (let i = 0; i < width; i += 4) {
            let d = v128.load(dy + at + bytes(i));
            if (gamma) d = f32x4.mul(d, v128.load(gamma + bytes(group * width + i)));
            const value = f32x4.mul(f32x4.sub(v128.load(x + at + bytes(i)), mean), inverse);
            const rest = f32x4.sub(f32x4.sub(d, shift), f32x4.mul(value, tilt));
            storeSome(dx + at + bytes(i), f32x4.mul(rest, inverse), width - i);
          }
        }
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
  memory.fill(gradient, 0, bytes(channels));
  for (let example = 0; example < examples; example++) {
    for (let pixel = 0; pixel < pixels; pixel++) {
      let kept = stats + bytes(2 * example * groups),
        to = gradient;
      for (let group = 0; group < groups; group++, kept += 8) {
        const mean = v128.load32_splat(kept),
          inverse = v128.load32_splat(kept, 4);
        for (let i = 0; i < width; i += 4) {
          const left = width - i;
          const value = f32x4.mul(f32x4.sub(v128.load(x), mean), inverse);
          storeSome(to, f32x4.add(v128.load(to), f32x4.mul(v128.load(dy), value)), left);
          const step = bytes(min(left, 4));
          x += step;
          dy += step;
          to += step;
        }
      }
    }
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
