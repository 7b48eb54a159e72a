// exp, log and tanh of our own, so that no bit depends on the host. The polynomials are those of
// Cephes in single precision; every step is rounded to float32, in the order written here. Errors
// are below 2 units in the last place. Functions whose names end in 4 work on four values at once.
//
// Their numbers lie in tables. V8 builds a vector that is written into the code anew in each round
// of a loop, from three instructions; out of memory it comes with one.
import { bytes } from "./address";

/** The number `i` of a table, four times. */
export function numberOf(table: usize, i: i32): v128 {
  return v128.load32_splat(table + bytes(i));
}

/** One step of a polynomial by Horner's rule: y · x + the number `i` of a table. */
export function horner(y: v128, x: v128, table: usize, i: i32): v128 {
  return f32x4.add(f32x4.mul(y, x), numberOf(table, i));
}

/** The bounds of x, log₂ e, 1.5 · 2²³, ln 2 in two parts, and the polynomial from 6 on. */
const EXP = memory.data<f32>([
  -64, 88.02, 1.44269504, 12582912, 0.693359375, -0.00021219444, 0.00019875691, 0.0013981999,
  0.0083334519, 0.041665796, 0.16666666, 0.5, 1,
]);

/**
 * Computes e^x. It is 0 below −64, and the value at 88.02 above 88.02. Smaller powers are of no use
 * to a gradient; times a weight they would become subnormal numbers, which CPUs compute a hundred
 * times slower.
 * @inline
 */
export function exp4(x: v128): v128 {
  const least = numberOf(EXP, 0),
    magic = numberOf(EXP, 3);
  // A NaN stays one: `pmin` and `pmax` give their first argument then.
  const clamped = f32x4.pmin(f32x4.pmax(x, least), numberOf(EXP, 1));
  // Adding 1.5 · 2²³ leaves no bits for a fraction, so that n becomes the nearest whole number.
  const whole = f32x4.add(f32x4.mul(clamped, numberOf(EXP, 2)), magic);
  const n = f32x4.sub(whole, magic);
  let r = f32x4.sub(clamped, f32x4.mul(n, numberOf(EXP, 4)));
  r = f32x4.sub(r, f32x4.mul(n, numberOf(EXP, 5)));
  let y = horner(numberOf(EXP, 6), r, EXP, 7);
  y = horner(y, r, EXP, 8);
  y = horner(y, r, EXP, 9);
  y = horner(y, r, EXP, 10);
  y = horner(y, r, EXP, 11);
  const one = numberOf(EXP, 12);
  y = f32x4.add(f32x4.add(f32x4.mul(y, f32x4.mul(r, r)), r), one);
  // The last bits of `whole` are those of n. Shifted into the exponent of 1, they give 2^n.
  const power = i32x4.add(i32x4.shl(whole, 23), one);
  return v128.andnot(f32x4.mul(y, power), f32x4.lt(x, least));
}

/** Computes ln x for x of at least 2^−126. */
export function log1(x: f32): f32 {
  const bits = reinterpret<i32>(x);
  // x = 2^e · factor, with a factor from √½ to √2.
  const e = (bits - 0x3f3504f3) >> 23;
  const r = reinterpret<f32>(bits - (e << 23)) - 1;
  const n = <f32>e,
    z = r * r;
  let y: f32 = 0.070376836;
  y = y * r + -0.1151461;
  y = y * r + 0.11676999;
  y = y * r + -0.12420141;
  y = y * r + 0.14249323;
  y = y * r + -0.16668057;
  y = y * r + 0.20000715;
  y = y * r + -0.24999994;
  y = y * r + 0.33333331;
  y = y * r * z;
  y = y + n * -0.00021219444;
  y = y - 0.5 * z;
  return r + y + n * 0.693359375;
}

/** Computes e^x of one value. */
export function exp1(x: f32): f32 {
  return f32x4.extract_lane(exp4(f32x4.splat(x)), 0);
}

/** The polynomial, from where it does not hold any more, and the numbers 2 and 1. */
const TANH = memory.data<f32>([
  -0.0057049887, 0.020639088, -0.053739715, 0.13331442, -0.33333281, 0.625, 2, 1,
]);

/**
 * Computes tanh x: by a polynomial where |x| is below 0.625, and as 1 − 2 / (e^2|x| + 1) elsewhere.
 * @inline
 */
export function tanh4(x: v128): v128 {
  const size = f32x4.abs(x),
    z = f32x4.mul(x, x),
    one = numberOf(TANH, 7);
  let y = horner(numberOf(TANH, 0), z, TANH, 1);
  y = horner(y, z, TANH, 2);
  y = horner(y, z, TANH, 3);
  y = horner(y, z, TANH, 4);
  const near = f32x4.add(f32x4.mul(f32x4.mul(y, z), x), x);
  const power = exp4(f32x4.add(size, size));
  const far = f32x4.sub(one, f32x4.div(numberOf(TANH, 6), f32x4.add(power, one)));
  const signed = v128.or(far, v128.and(x, i32x4.splat(0x80000000)));
  return v128.bitselect(near, signed, f32x4.lt(size, numberOf(TANH, 5)));
}

/**
 * Computes 1 / (1 + e^−x).
 * @inline
 */
export function sigmoid4(x: v128): v128 {
  const one = numberOf(EXP, 12);
  return f32x4.div(one, f32x4.add(one, exp4(f32x4.neg(x))));
}
