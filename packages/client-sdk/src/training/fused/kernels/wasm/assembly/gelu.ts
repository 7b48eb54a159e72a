// The activation GELU: x times the share of a normal distribution that lies below x.
import { bytes } from "./address";
import { exp4, horner, numberOf, tanh4 } from "./math";

/** p, the polynomial, √½, ½, 1, and 1 / √(2π). */
const ERF = memory.data<f32>([
  0.3275911, 1.0614054, -1.4531521, 1.4214138, -0.28449672, 0.2548296, 0.70710677, 0.5, 1,
  0.39894228,
]);

/**
 * The error function by formula 7.1.26 of Abramowitz and Stegun, as in tfjs: within 1.5e-7.
 * @inline
 */
function erf4(x: v128): v128 {
  const one = numberOf(ERF, 8),
    size = f32x4.abs(x);
  // y is a polynomial in t = 1 / (1 + p |x|), without a constant term.
  const t = f32x4.div(one, f32x4.add(one, f32x4.mul(numberOf(ERF, 0), size)));
  let y = horner(numberOf(ERF, 1), t, ERF, 2);
  y = horner(y, t, ERF, 3);
  y = horner(y, t, ERF, 4);
  y = horner(y, t, ERF, 5);
  y = f32x4.mul(y, t);
  const value = f32x4.sub(one, f32x4.mul(y, exp4(f32x4.neg(f32x4.mul(size, size)))));
  // The formula holds for x ≥ 0, and the error function is odd: the sign of x is put back.
  return v128.or(value, v128.and(x, i32x4.splat(0x80000000)));
}

/** tanh(√(2/π) · (x + 0.044715 x³)). */
function bend4(x: v128): v128 {
  const cube = f32x4.mul(f32x4.mul(x, x), x);
  return tanh4(
    f32x4.mul(f32x4.splat(0.7978846), f32x4.add(x, f32x4.mul(f32x4.splat(0.044715), cube))),
  );
}

/** Computes y = ½ x (1 + bend), where the bend is erf(x / √2) or the tanh that comes near it. */
export function gelu(x: usize, y: usize, bend: usize, size: i32, approximate: i32): void {
  const half = numberOf(ERF, 7),
    one = numberOf(ERF, 8);
  for (let i = x, o = y, b = bend, end = x + bytes(size); i < end; i += 16, o += 16, b += 16) {
    const value = v128.load(i);
    const bent = approximate ? bend4(value) : erf4(f32x4.mul(value, numberOf(ERF, 6)));
    v128.store(b, bent);
    v128.store(o, f32x4.mul(value, f32x4.mul(half, f32x4.add(one, bent))));
  }
}

/** Computes dx from the input x and its bend. */
export function geluGradient(
  x: usize,
  bend: usize,
  dy: usize,
  dx: usize,
  size: i32,
  approximate: i32,
): void {
  const half = numberOf(ERF, 7),
    one = numberOf(ERF, 8);
  for (let at: usize = 0, end = bytes(size); at < end; at += 16) {
    const value = v128.load(x + at),
      bent = v128.load(bend + at),
      square = f32x4.mul(value, value);
    let rest: v128;
    if (approximate) {
      // The derivative of tanh times that of the polynomial in `bend4`.
      const inner = f32x4.mul(
        f32x4.splat(0.7978846),
        f32x4.add(one, f32x4.mul(f32x4.splat(0.134145), square)),
      );
      const falling = f32x4.mul(f32x4.sub(one, f32x4.mul(bent, bent)), inner);
      rest = f32x4.mul(f32x4.mul(half, value), falling);
    } else {
      // The derivative of Φ(x) is the density φ(x), e^(−x²/2) / √(2π).
      const density = f32x4.mul(numberOf(ERF, 9), exp4(f32x4.neg(f32x4.mul(half, square))));
      rest = f32x4.mul(value, density);
    }
    const slope = f32x4.add(f32x4.mul(half, f32x4.add(one, bent)), rest);
    v128.store(dx + at, f32x4.mul(v128.load(dy + at), slope));
  }
}
