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

/** Finds the largest magnitude. A maximum waits for the one before it, so there are four of them. */
export function largestMagnitude(values: usize, count: i32): f32 {
  const whole = count & ~15;
  let p = values;
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  for (let i = 0; i < whole; i += 16, p += 64) {
    a = f32x4.max(a, f32x4.abs(v128.load(p)));
    b = f32x4.max(b, f32x4.abs(v128.load(p, 16)));
    c = f32x4.max(c, f32x4.abs(v128.load(p, 32)));
    d = f32x4.max(d, f32x4.abs(v128.load(p, 48)));
  }
  const m = f32x4.max(f32x4.max(a, b), f32x4.max(c, d));
  let largest = max<f32>(
    max<f32>(f32x4.extract_lane(m, 0), f32x4.extract_lane(m, 1)),
    max<f32>(f32x4.extract_lane(m, 2), f32x4.extract_lane(m, 3)),
  );
  for (let i = whole; i < count; i++, p += 4) largest = max<f32>(largest, abs<f32>(load<f32>(p)));
  return largest;
}
