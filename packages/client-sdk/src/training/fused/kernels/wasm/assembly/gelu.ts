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

/**
 * Φ(x): the share of a normal distribution that lies below x.
 * @inline
 */
function below4(x: v128): v128 {
  // Φ(x) = ½ (1 + erf(x / √2)).
  const part = erf4(f32x4.mul(x, numberOf(ERF, 6)));
  return f32x4.mul(numberOf(ERF, 7), f32x4.add(numberOf(ERF, 8), part));
}

/** tanh(√(2/π) · (x + 0.044715 x³)). */
function bend4(x: v128): v128 {
  const cube = f32x4.mul(f32x4.mul(x, x), x);
  return tanh4(
    f32x4.mul(f32x4.splat(0.7978846), f32x4.add(x, f32x4.mul(f32x4.splat(0.044715), cube))),
  );
}

/** Computes y = x · Φ(x), or its approximation by tanh. */
export function gelu(x: usize, y: usize, size: i32, approximate: i32): void {
  for (let i = x, o = y, end = x + bytes(size); i < end; i += 16, o += 16) {
    const value = v128.load(i);
    const part = approximate
      ? f32x4.mul(f32x4.splat(0.5), f32x4.add(f32x4.splat(1), bend4(value)))
      : below4(value);
    v128.store(o, f32x4.mul(value, part));
  }
}

/** Computes dx from the input x. */
export function geluGradient(x: usize, dy: usize, dx: usize, size: i32, approximate: i32): void {
  const half = numberOf(ERF, 7),
    one = numberOf(ERF, 8);
  for (let i = x, g = dy, o = dx, end = x + bytes(size); i < end; i += 16, g += 16, o += 16) {
    const value = v128.load(i),
      square = f32x4.mul(value, value);
    let slope: v128;
    // The derivative of ½ x (1 + tanh u), where u is the polynomial of `bend4`.
    if (approximate) {
      const bend = bend4(value);
      const inner = f32x4.mul(
        f32x4.splat(0.7978846),
        f32x4.add(one, f32x4.mul(f32x4.splat(0.134145), square)),
      );
      const rest = f32x4.mul(
        f32x4.mul(half, value),
        f32x4.mul(f32x4.sub(one, f32x4.mul(bend, bend)), inner),
      );
      slope = f32x4.add(f32x4.mul(half, f32x4.add(one, bend)), rest);
    } else {
      // The derivative of x · Φ(x) is Φ(x) + x · φ(x). The density φ(x) is e^(−x²/2) / √(2π).
      const density = f32x4.mul(numberOf(ERF, 9), exp4(f32x4.neg(f32x4.mul(half, square))));
      slope = f32x4.add(below4(value), f32x4.mul(value, density));
    }
    v128.store(o, f32x4.mul(v128.load(g), slope));
  }
}
