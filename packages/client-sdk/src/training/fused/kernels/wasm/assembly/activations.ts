// Activations that are clipped, exponential or curved. Every array has room for a multiple of 4
// values, as in elementwise.ts.
import { bytes } from "./address";
import { exp4, log1, sigmoid4, tanh4 } from "./math";
import { storeSome } from "./register-tiles";

/** Computes y = x, but at least `low` and at most `high`. */
export function clip(x: usize, y: usize, size: i32, low: f32, high: f32): void {
  const least = f32x4.splat(low),
    most = f32x4.splat(high);
  for (let i = x, o = y, end = x + bytes(size); i < end; i += 16, o += 16)
    v128.store(o, f32x4.min(f32x4.max(v128.load(i), least), most));
}

/** Computes dx = dy where the output y lies between the bounds, and 0 at them. */
export function clipGradient(y: usize, dy: usize, dx: usize, size: i32, low: f32, high: f32): void {
  const least = f32x4.splat(low),
    most = f32x4.splat(high);
  for (let i = y, g = dy, o = dx, end = y + bytes(size); i < end; i += 16, g += 16, o += 16) {
    const value = v128.load(i);
    const inside = v128.and(f32x4.gt(value, least), f32x4.lt(value, most));
    v128.store(o, v128.and(v128.load(g), inside));
  }
}

/** Computes y = v where x is above 0, and elsewhere v times the factor of its column. */
export function bendColumns(
  x: usize,
  v: usize,
  factors: usize,
  y: usize,
  rows: i32,
  columns: i32,
): void {
  const zero = f32x4.splat(0);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < columns; i += 4) {
      const at = bytes(row * columns + i),
        value = v128.load(v + at);
      const below = f32x4.mul(value, v128.load(factors + bytes(i)));
      const bent = v128.bitselect(value, below, f32x4.gt(v128.load(x + at), zero));
      storeSome(y + at, bent, columns - i);
    }
  }
}

/** Computes y = scale · x above 0, and scale · alpha · (e^x − 1) elsewhere. */
export function elu(x: usize, y: usize, size: i32, alpha: f32, scale: f32): void {
  const one = f32x4.splat(1),
    depth = f32x4.splat(alpha),
    factor = f32x4.splat(scale);
  for (let i = x, o = y, end = x + bytes(size); i < end; i += 16, o += 16) {
    const value = v128.load(i);
    const below = f32x4.mul(depth, f32x4.sub(exp4(value), one));
    const bent = v128.bitselect(value, below, f32x4.gt(value, f32x4.splat(0)));
    v128.store(o, f32x4.mul(factor, bent));
  }
}

/** Computes dx of `elu` from the output y. */
export function eluGradient(
  y: usize,
  dy: usize,
  dx: usize,
  size: i32,
  alpha: f32,
  scale: f32,
): void {
  const factor = f32x4.splat(scale),
    limit = f32x4.splat(scale * alpha);
  for (let i = y, g = dy, o = dx, end = y + bytes(size); i < end; i += 16, g += 16, o += 16) {
    const value = v128.load(i);
    const slope = v128.bitselect(factor, f32x4.add(value, limit), f32x4.gt(value, f32x4.splat(0)));
    v128.store(o, f32x4.mul(v128.load(g), slope));
  }
}

// The curves, in the order of `CURVES` in ../../activation-kernels.ts.
const SWISH: i32 = 0,
  SOFTPLUS: i32 = 1,
  SOFTSIGN: i32 = 2;

/** Computes ln x of four values, of at least 2^−126 each. */
function log4(x: v128): v128 {
  let y = f32x4.splat(log1(f32x4.extract_lane(x, 0)));
  y = f32x4.replace_lane(y, 1, log1(f32x4.extract_lane(x, 1)));
  y = f32x4.replace_lane(y, 2, log1(f32x4.extract_lane(x, 2)));
  return f32x4.replace_lane(y, 3, log1(f32x4.extract_lane(x, 3)));
}

/** Computes ln(1 + e^x). */
function softplus4(x: v128): v128 {
  const small = exp4(f32x4.neg(f32x4.abs(x)));
  return f32x4.add(log4(f32x4.add(f32x4.splat(1), small)), f32x4.max(x, f32x4.splat(0)));
}

/** Computes the curve of a number. */
export function curve(x: usize, y: usize, size: i32, kind: i32): void {
  for (let i = x, o = y, end = x + bytes(size); i < end; i += 16, o += 16) {
    const value = v128.load(i);
    let result: v128;
    if (kind == SWISH) result = f32x4.mul(value, sigmoid4(value));
    else if (kind == SOFTPLUS) result = softplus4(value);
    else if (kind == SOFTSIGN)
      result = f32x4.div(value, f32x4.add(f32x4.splat(1), f32x4.abs(value)));
    else result = f32x4.mul(value, tanh4(softplus4(value)));
    v128.store(o, result);
  }
}

/** Computes dx of `curve` from its input. */
export function curveGradient(x: usize, dy: usize, dx: usize, size: i32, kind: i32): void {
  const one = f32x4.splat(1);
  for (let i = x, g = dy, o = dx, end = x + bytes(size); i < end; i += 16, g += 16, o += 16) {
    const value = v128.load(i);
    let slope: v128;
    if (kind == SOFTSIGN) {
      const bound = f32x4.add(one, f32x4.abs(value));
      slope = f32x4.div(one, f32x4.mul(bound, bound));
    } else {
      // The derivative of softplus is the sigmoid, and the others contain it.
      const share = sigmoid4(value);
      if (kind == SOFTPLUS) slope = share;
      else {
        const scaled = f32x4.mul(value, share);
        if (kind == SWISH) slope = f32x4.add(share, f32x4.mul(scaled, f32x4.sub(one, share)));
        else {
          const bend = tanh4(softplus4(value));
          slope = f32x4.add(bend, f32x4.mul(scaled, f32x4.sub(one, f32x4.mul(bend, bend))));
        }
      }
    }
    v128.store(o, f32x4.mul(v128.load(g), slope));
  }
}
