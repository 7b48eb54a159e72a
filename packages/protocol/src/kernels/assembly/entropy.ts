// AssemblyScript. The twin in ../reference-entropy.ts specifies every kernel here: it has the same
// name and gives the same bits. Loops take whole vectors first, and then the last values one by
// one.

/** Between two codes, every state is at least this number. */
const LEAST: u32 = 65536;

/**
 * Writes code = most + the integer nearest to value · inverse, limited to the range from −most to
 * most.
 */
export function quantizeStep(
  values: usize,
  count: i32,
  inverse: f32,
  most: i32,
  codes: usize,
): void {
  const whole = count & ~7;
  const factor = f32x4.splat(inverse);
  const high = f32x4.splat(<f32>most);
  const low = f32x4.splat(-(<f32>most));
  const shift = i32x4.splat(most);
  for (let i = 0; i < whole; i += 8) {
    const p = values + ((<usize>i) << 2);
    const a = f32x4.min(f32x4.max(f32x4.mul(v128.load(p), factor), low), high);
    const b = f32x4.min(f32x4.max(f32x4.mul(v128.load(p, 16), factor), low), high);
    v128.store(
      codes + ((<usize>i) << 1),
      i16x8.narrow_i32x4_u(
        i32x4.add(i32x4.trunc_sat_f32x4_s(f32x4.nearest(a)), shift),
        i32x4.add(i32x4.trunc_sat_f32x4_s(f32x4.nearest(b)), shift),
      ),
    );
  }
  for (let i = whole; i < count; i++) {
    const z = load<f32>(values + ((<usize>i) << 2)) * inverse;
    const within = min<f32>(max<f32>(z, -(<f32>most)), <f32>most);
    store<u16>(codes + ((<usize>i) << 1), <u16>(<i32>nearest<f32>(within) + most));
  }
}

/**
 * Encodes codes from the last to the first, so that a decoder gets them from the first to the last.
 * Four states take turns; they are four variables, because an array would live in memory.
 */
export function ransEncode(codes: usize, count: i32, symbols: usize, end: usize): usize {
  let x0 = LEAST;
  let x1 = LEAST;
  let x2 = LEAST;
  let x3 = LEAST;
  let out = end;
  for (let i = count - 1; i >= 0; i--) {
    const entry = load<u32>(symbols + ((<usize>load<u16>(codes + ((<usize>i) << 1))) << 2));
    const frequency = entry & 0xffff;
    let x = x3;
    if ((i & 3) == 2) x = x2;
    else if ((i & 3) == 1) x = x1;
    else if ((i & 3) == 0) x = x0;
    // This means x ≥ 2²⁰ · frequency, a product that has no room in 32 bits for a frequency of
    // 4,096.
    if (x >> 20 >= frequency) {
      out -= 2;
      store<u16>(out, <u16>x);
      x >>= 16;
    }
    x = ((x / frequency) << 12) + (x % frequency) + (entry >> 16);
    if ((i & 3) == 3) x3 = x;
    else if ((i & 3) == 2) x2 = x;
    else if ((i & 3) == 1) x1 = x;
    else x0 = x;
  }
  out -= 16;
  store<u32>(out, x0);
  store<u32>(out, x1, 4);
  store<u32>(out, x2, 8);
  store<u32>(out, x3, 12);
  return out;
}

/**
 * Decodes what `ransEncode` wrote, and checks that the bytes are exactly those of so many codes.
 */
export function ransDecode(
  packed: usize,
  end: usize,
  count: i32,
  symbols: usize,
  slots: usize,
  codes: usize,
): i32 {
  if (packed + 16 > end) return 0;
  let x0 = load<u32>(packed);
  let x1 = load<u32>(packed, 4);
  let x2 = load<u32>(packed, 8);
  let x3 = load<u32>(packed, 12);
  if (x0 < LEAST || x1 < LEAST || x2 < LEAST || x3 < LEAST) return 0;
  let at = packed + 16;
  let i = 0;
  // Four symbols take four words at most. Whether a symbol takes a word is as random as a coin
  // toss, so that a branch would often be predicted wrongly: the words are selected without one.
  for (; i + 4 <= count && at + 8 <= end; i += 4) {
    const s0 = <u32>load<u8>(slots + <usize>(x0 & 4095));
    const s1 = <u32>load<u8>(slots + <usize>(x1 & 4095));
    const s2 = <u32>load<u8>(slots + <usize>(x2 & 4095));
    const s3 = <u32>load<u8>(slots + <usize>(x3 & 4095));
    const e0 = load<u32>(symbols + ((<usize>s0) << 2));
    const e1 = load<u32>(symbols + ((<usize>s1) << 2));
    const e2 = load<u32>(symbols + ((<usize>s2) << 2));
    const e3 = load<u32>(symbols + ((<usize>s3) << 2));
    x0 = (e0 & 0xffff) * (x0 >> 12) + (x0 & 4095) - (e0 >> 16);
    x1 = (e1 & 0xffff) * (x1 >> 12) + (x1 & 4095) - (e1 >> 16);
    x2 = (e2 & 0xffff) * (x2 >> 12) + (x2 & 4095) - (e2 >> 16);
    x3 = (e3 & 0xffff) * (x3 >> 12) + (x3 & 4095) - (e3 >> 16);
    store<u64>(
      codes + ((<usize>i) << 1),
      <u64>s0 | ((<u64>s1) << 16) | ((<u64>s2) << 32) | ((<u64>s3) << 48),
    );
    const r0 = x0 < LEAST;
    x0 = select<u32>((x0 << 16) | <u32>load<u16>(at), x0, r0);
    at += (<usize>r0) << 1;
    const r1 = x1 < LEAST;
    x1 = select<u32>((x1 << 16) | <u32>load<u16>(at), x1, r1);
    at += (<usize>r1) << 1;
    const r2 = x2 < LEAST;
    x2 = select<u32>((x2 << 16) | <u32>load<u16>(at), x2, r2);
    at += (<usize>r2) << 1;
    const r3 = x3 < LEAST;
    x3 = select<u32>((x3 << 16) | <u32>load<u16>(at), x3, r3);
    at += (<usize>r3) << 1;
  }
  for (; i < count; i++) {
    let x = x3;
    if ((i & 3) == 2) x = x2;
    else if ((i & 3) == 1) x = x1;
    else if ((i & 3) == 0) x = x0;
    const s = <u32>load<u8>(slots + <usize>(x & 4095));
    const e = load<u32>(symbols + ((<usize>s) << 2));
    x = (e & 0xffff) * (x >> 12) + (x & 4095) - (e >> 16);
    store<u16>(codes + ((<usize>i) << 1), <u16>s);
    if (x < LEAST) {
      if (at + 2 > end) return 0;
      x = (x << 16) | <u32>load<u16>(at);
      at += 2;
    }
    if ((i & 3) == 3) x3 = x;
    else if ((i & 3) == 2) x2 = x;
    else if ((i & 3) == 1) x1 = x;
    else x0 = x;
  }
  return i32(at == end && x0 == LEAST && x1 == LEAST && x2 == LEAST && x3 == LEAST);
}
