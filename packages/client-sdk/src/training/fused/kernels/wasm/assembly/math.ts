// exp, log and tanh of our own, so that no bit depends on the host. The polynomials are those of
// Cephes in single precision; every step is rounded to float32, in the order written here. Errors
// are below 2 units in the last place. Functions whose names end in 4 work on four values at once.

/**
 * Computes e^x. It is 0 below −64, and the value at 88.02 above 88.02. Smaller powers are of no use
 * to a gradient; times a weight they would become subnormal numbers, which CPUs compute a hundred
 * times slower.
 */
export function exp4(x: v128): v128 {
  const magic = f32x4.splat(12582912);
  const clamped = f32x4.min(f32x4.max(x, f32x4.splat(-64)), f32x4.splat(88.02));
  // Adding 1.5 · 2^23 leaves no bits for a fraction, so that n becomes the nearest whole number.
  const n = f32x4.sub(f32x4.add(f32x4.mul(clamped, f32x4.splat(1.44269504)), magic), magic);
  let r = f32x4.sub(clamped, f32x4.mul(n, f32x4.splat(0.693359375)));
  r = f32x4.sub(r, f32x4.mul(n, f32x4.splat(-0.00021219444)));
  let y = f32x4.splat(0.00019875691);
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(0.0013981999));
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(0.0083334519));
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(0.041665796));
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(0.16666666));
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(0.5));
  y = f32x4.add(f32x4.add(f32x4.mul(y, f32x4.mul(r, r)), r), f32x4.splat(1));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  return v128.andnot(f32x4.mul(y, power), f32x4.lt(x, f32x4.splat(-64)));
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

/**
 * Computes tanh x: by a polynomial where |x| is below 0.625, and as 1 − 2 / (e^2|x| + 1) elsewhere.
 */
export function tanh4(x: v128): v128 {
  const size = f32x4.abs(x),
    z = f32x4.mul(x, x),
    one = f32x4.splat(1);
  let y = f32x4.splat(-0.0057049887);
  y = f32x4.add(f32x4.mul(y, z), f32x4.splat(0.020639088));
  y = f32x4.add(f32x4.mul(y, z), f32x4.splat(-0.053739715));
  y = f32x4.add(f32x4.mul(y, z), f32x4.splat(0.13331442));
  y = f32x4.add(f32x4.mul(y, z), f32x4.splat(-0.33333281));
  const near = f32x4.add(f32x4.mul(f32x4.mul(y, z), x), x);
  const power = exp4(f32x4.add(size, size));
  const far = f32x4.sub(one, f32x4.div(f32x4.splat(2), f32x4.add(power, one)));
  const signed = v128.or(far, v128.and(x, i32x4.splat(0x80000000)));
  return v128.bitselect(near, signed, f32x4.lt(size, f32x4.splat(0.625)));
}

/** Computes 1 / (1 + e^−x). */
export function sigmoid4(x: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.div(one, f32x4.add(one, exp4(f32x4.neg(x))));
}
