// AssemblyScript. The twin in ../reference-modular.ts specifies every kernel here: it has the same
// name and gives the same bits. Loops take whole vectors first, and then the last values one by
// one.

/** Replaces each sum by (sum + value) & mask. */
export function addModular(sums: usize, values: usize, count: i32, mask: i32): void {
  const whole = count & ~3;
  const masks = i32x4.splat(mask);
  for (let i = 0; i < whole; i += 4) {
    const at = (<usize>i) << 2;
    const sum = i32x4.add(v128.load(sums + at), v128.load(values + at));
    v128.store(sums + at, v128.and(sum, masks));
  }
  for (let i = whole; i < count; i++) {
    const at = (<usize>i) << 2;
    store<i32>(sums + at, (load<i32>(sums + at) + load<i32>(values + at)) & mask);
  }
}

/** Adds sixteen bytes at a time to their sums. */
export function addBytes(sums: usize, bytes: usize, count: i32): void {
  const whole = count & ~15;
  let s = sums;
  let b = bytes;
  for (let i = 0; i < whole; i += 16, b += 16, s += 64) {
    const sixteen = v128.load(b);
    const low = i16x8.extend_low_i8x16_u(sixteen);
    const high = i16x8.extend_high_i8x16_u(sixteen);
    v128.store(s, i32x4.add(v128.load(s), i32x4.extend_low_i16x8_u(low)));
    v128.store(s, i32x4.add(v128.load(s, 16), i32x4.extend_high_i16x8_u(low)), 16);
    v128.store(s, i32x4.add(v128.load(s, 32), i32x4.extend_low_i16x8_u(high)), 32);
    v128.store(s, i32x4.add(v128.load(s, 48), i32x4.extend_high_i16x8_u(high)), 48);
  }
  for (let i = whole; i < count; i++, b++, s += 4) {
    store<u32>(s, load<u32>(s) + <u32>load<u8>(b));
  }
}

/** Replaces the values by factor · values. */
export function scale(values: usize, count: i32, factor: f32): void {
  const whole = count & ~3;
  const factors = f32x4.splat(factor);
  for (let i = 0; i < whole; i += 4) {
    const at = values + ((<usize>i) << 2);
    v128.store(at, f32x4.mul(v128.load(at), factors));
  }
  for (let i = whole; i < count; i++) {
    const at = values + ((<usize>i) << 2);
    store<f32>(at, load<f32>(at) * factor);
  }
}
