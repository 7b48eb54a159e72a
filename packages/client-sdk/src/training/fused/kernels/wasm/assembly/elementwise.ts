// Kernels that compute each value on its own. Every array has room for a multiple of 4 values, so
// the loops take whole vectors, and compute what lies behind the last value as well.
import { bytes } from "./address";
import { exp4, sigmoid4, tanh4 } from "./math";

/** Computes y = x where x is above 0, and slope · x elsewhere. */
export function relu(x: usize, y: usize, size: i32, slope: f32): void {
  const zero = f32x4.splat(0),
    factor = f32x4.splat(slope);
  for (let i = x, o = y, end = x + bytes(size); i < end; i += 16, o += 16) {
    // Both branches are computed. The comparison chooses between them bit by bit, which costs less
    // than a jump for each value.
    const value = v128.load(i);
    v128.store(o, v128.bitselect(value, f32x4.mul(value, factor), f32x4.gt(value, zero)));
  }
}

/** Computes dx = dy where the output y is above 0, and slope · dy elsewhere. */
export function reluGradient(y: usize, dy: usize, dx: usize, size: i32, slope: f32): void {
  const zero = f32x4.splat(0),
    factor = f32x4.splat(slope);
  for (let i = y, g = dy, o = dx, end = y + bytes(size); i < end; i += 16, g += 16, o += 16) {
    // The output is above 0 exactly where the input was, as long as the slope is not negative.
    const gradient = v128.load(g);
    v128.store(
      o,
      v128.bitselect(gradient, f32x4.mul(gradient, factor), f32x4.gt(v128.load(i), zero)),
    );
  }
}

/** Computes y = tanh x. */
export function tanh(x: usize, y: usize, size: i32): void {
  for (let i = x, o = y, end = x + bytes(size); i < end; i += 16, o += 16)
    v128.store(o, tanh4(v128.load(i)));
}

/** Computes dx = dy · (1 − y²). */
export function tanhGradient(y: usize, dy: usize, dx: usize, size: i32): void {
  for (let i = y, g = dy, o = dx, end = y + bytes(size); i < end; i += 16, g += 16, o += 16) {
    const value = v128.load(i);
    v128.store(o, f32x4.mul(v128.load(g), f32x4.sub(f32x4.splat(1), f32x4.mul(value, value))));
  }
}

/** Computes y = 1 / (1 + e^−x). */
export function sigmoid(x: usize, y: usize, size: i32): void {
  for (let i = x, o = y, end = x + bytes(size); i < end; i += 16, o += 16)
    v128.store(o, sigmoid4(v128.load(i)));
}

/** Computes dx = dy · y · (1 − y). */
export function sigmoidGradient(y: usize, dy: usize, dx: usize, size: i32): void {
  for (let i = y, g = dy, o = dx, end = y + bytes(size); i < end; i += 16, g += 16, o += 16) {
    const value = v128.load(i);
    v128.store(o, f32x4.mul(f32x4.mul(v128.load(g), value), f32x4.sub(f32x4.splat(1), value)));
  }
}

/** Adds from to `to`. */
export function add(from: usize, to: usize, size: i32): void {
  // The loops of all kernels below have the same form: pointers that walk through the arrays, a
  // vector of four values at a time.
  for (let i = from, o = to, end = from + bytes(size); i < end; i += 16, o += 16) {
    v128.store(o, f32x4.add(v128.load(o), v128.load(i)));
  }
}

/** Computes y = factor · x. */
export function scale(x: usize, y: usize, size: i32, factor: f32): void {
  const f = f32x4.splat(factor);
  for (let i = x, o = y, end = x + bytes(size); i < end; i += 16, o += 16) {
    v128.store(o, f32x4.mul(v128.load(i), f));
  }
}

/** Adds factor · x to `to`. */
export function addScaled(x: usize, to: usize, size: i32, factor: f32): void {
  const f = f32x4.splat(factor);
  for (let i = x, o = to, end = x + bytes(size); i < end; i += 16, o += 16) {
    v128.store(o, f32x4.add(v128.load(o), f32x4.mul(f, v128.load(i))));
  }
}

/** Adds factor · (a − b) to `to`. */
export function addDifference(a: usize, b: usize, to: usize, size: i32, factor: f32): void {
  const f = f32x4.splat(factor);
  for (let i = a, j = b, o = to, end = a + bytes(size); i < end; i += 16, j += 16, o += 16) {
    v128.store(o, f32x4.add(v128.load(o), f32x4.mul(f, f32x4.sub(v128.load(i), v128.load(j)))));
  }
}

/** Adds factor · (the sign of x) to `to`. */
export function addSigns(x: usize, to: usize, size: i32, factor: f32): void {
  const up = f32x4.splat(factor),
    down = f32x4.splat(-factor),
    zero = f32x4.splat(0);
  for (let i = x, o = to, end = x + bytes(size); i < end; i += 16, o += 16) {
    const value = v128.load(i);
    const above = v128.and(up, f32x4.gt(value, zero)),
      below = v128.and(down, f32x4.lt(value, zero));
    v128.store(o, f32x4.add(v128.load(o), v128.or(above, below)));
  }
}

/** Computes y = a · b. */
export function multiply(a: usize, b: usize, y: usize, size: i32): void {
  for (let i = a, j = b, o = y, end = a + bytes(size); i < end; i += 16, j += 16, o += 16)
    v128.store(o, f32x4.mul(v128.load(i), v128.load(j)));
}

/** Computes Σ x² in float64: four sums of every fourth value each, which are added up in order. */
export function sumOfSquares(x: usize, size: i32): f64 {
  // Squares of float32 values are exact in float64, so only the additions round.
  let s0: f64 = 0,
    s1: f64 = 0,
    s2: f64 = 0,
    s3: f64 = 0;
  for (let i = x, end = x + bytes(size); i < end; i += 16) {
    const a = <f64>f32.load(i),
      b = <f64>f32.load(i, 4),
      c = <f64>f32.load(i, 8),
      d = <f64>f32.load(i, 12);
    s0 += a * a;
    s1 += b * b;
    s2 += c * c;
    s3 += d * d;
  }
  return s0 + s1 + s2 + s3;
}

/** Computes Σ |x| in float64, as `sumOfSquares` adds up. */
export function sumOfSizes(x: usize, size: i32): f64 {
  let s0: f64 = 0,
    s1: f64 = 0,
    s2: f64 = 0,
    s3: f64 = 0;
  for (let i = x, end = x + bytes(size); i < end; i += 16) {
    s0 += abs<f64>(<f64>f32.load(i));
    s1 += abs<f64>(<f64>f32.load(i, 4));
    s2 += abs<f64>(<f64>f32.load(i, 8));
    s3 += abs<f64>(<f64>f32.load(i, 12));
  }
  return s0 + s1 + s2 + s3;
}
