// AssemblyScript. The twin in ../reference-accumulate.ts specifies every kernel here: it has the
// same name and gives the same bits. Loops take whole vectors first, and then the last values one
// by one.

/** Adds two values, in the low half of a vector, to two sums. */
function addTwo(values: v128, scale: v128, sums: usize, at: usize): void {
  const rounded = f64x2.nearest(f64x2.mul(f64x2.promote_low_f32x4(values), scale));
  v128.store(sums + at, f64x2.add(v128.load(sums + at), rounded));
}

/** Adds value · scale, rounded to an integer, to each sum. */
export function accumulate(values: usize, count: i32, scale: f64, sums: usize): void {
  const factor = f64x2.splat(scale);
  const whole = count & ~7;
  let p = values;
  let s = sums;
  for (let i = 0; i < whole; i += 8, p += 32, s += 64) {
    const a = v128.load(p);
    const b = v128.load(p, 16);
    addTwo(a, factor, s, 0);
    addTwo(v128.shuffle<i32>(a, a, 2, 3, 2, 3), factor, s, 16);
    addTwo(b, factor, s, 32);
    addTwo(v128.shuffle<i32>(b, b, 2, 3, 2, 3), factor, s, 48);
  }
  for (let i = whole; i < count; i++, p += 4, s += 8) {
    store<f64>(s, load<f64>(s) + nearest<f64>(<f64>load<f32>(p) * scale));
  }
}
