// AssemblyScript. The twin in ../reference-values.ts specifies every kernel here: it has the same
// name and gives the same bits. Loops take whole vectors first, and then the last values one by
// one.

/** Writes a − b, value by value. */
export function subtract(a: usize, b: usize, count: i32, result: usize): void {
  const whole = count & ~3;
  for (let i = 0; i < whole; i += 4) {
    const at = (<usize>i) << 2;
    v128.store(result + at, f32x4.sub(v128.load(a + at), v128.load(b + at)));
  }
  for (let i = whole; i < count; i++) {
    const at = (<usize>i) << 2;
    store<f32>(result + at, load<f32>(a + at) - load<f32>(b + at));
  }
}

/** The bits of the magnitudes of four values. Magnitudes and their bits have the same order. */
function magnitudeBits(values: v128): v128 {
  return v128.and(values, i32x4.splat(0x7fffffff));
}

/**
 * The largest magnitude of the values; NaN if one is NaN. Magnitudes are compared by their bits, which
 * takes a processor one instruction, and NaN has larger bits than any number.
 */
export function largestMagnitude(values: usize, count: i32): f32 {
  const whole = count & ~15;
  let p = values;
  let a = i32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  for (let i = 0; i < whole; i += 16, p += 64) {
    a = i32x4.max_s(a, magnitudeBits(v128.load(p)));
    b = i32x4.max_s(b, magnitudeBits(v128.load(p, 16)));
    c = i32x4.max_s(c, magnitudeBits(v128.load(p, 32)));
    d = i32x4.max_s(d, magnitudeBits(v128.load(p, 48)));
  }
  const m = i32x4.max_s(i32x4.max_s(a, b), i32x4.max_s(c, d));
  let largest = max<i32>(
    max<i32>(i32x4.extract_lane(m, 0), i32x4.extract_lane(m, 1)),
    max<i32>(i32x4.extract_lane(m, 2), i32x4.extract_lane(m, 3)),
  );
  for (let i = whole; i < count; i++, p += 4) {
    largest = max<i32>(largest, load<i32>(p) & 0x7fffffff);
  }
  return reinterpret<f32>(largest);
}
