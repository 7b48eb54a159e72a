// AssemblyScript. The twin in ../reference-quantize.ts specifies every kernel here: it has the same
// name and gives the same bits. Loops take whole vectors first, and then the last values one by
// one.
import { GOLDEN, mix, mix4 } from "./mix";

const TWO_POW_MINUS_32: f64 = 1.0 / 4294967296.0;
/**
 * When there are more thresholds than this, they are looked up with hints instead of being compared
 * one by one.
 */
const MOST_COMPARED: i32 = 7;
/**
 * The number of entries in the table of hints, and of entries for each unit of a normalised value.
 */
const HINTS: i32 = 640;
const HINTS_PER_UNIT: f32 = 128;

/** Adds up squares in float64, in four partial sums: two vectors of two. */
export function sumOfSquares(values: usize, count: i32): f64 {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  const whole = count & ~3;
  let p = values;
  for (let i = 0; i < whole; i += 4, p += 16) {
    const x = v128.load(p);
    const a = f64x2.promote_low_f32x4(x);
    const b = f64x2.promote_low_f32x4(v128.shuffle<i32>(x, x, 2, 3, 2, 3));
    low = f64x2.add(low, f64x2.mul(a, a));
    high = f64x2.add(high, f64x2.mul(b, b));
  }
  const sums = f64x2.add(low, high);
  let sum = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
  for (let i = whole; i < count; i++, p += 4) {
    const x = <f64>load<f32>(p);
    sum += x * x;
  }
  return sum;
}

/** Adds up table[code] · value in float64, in four partial sums. */
export function lookupDot(codes: usize, count: i32, table: usize, values: usize): f64 {
  let s0: f64 = 0;
  let s1: f64 = 0;
  let s2: f64 = 0;
  let s3: f64 = 0;
  const whole = count & ~3;
  let c = codes;
  let p = values;
  for (let i = 0; i < whole; i += 4, c += 8, p += 16) {
    const four = load<u64>(c);
    s0 += <f64>load<f32>(table + ((<usize>(four & 0xffff)) << 2)) * <f64>load<f32>(p);
    s1 += <f64>load<f32>(table + ((<usize>((four >> 16) & 0xffff)) << 2)) * <f64>load<f32>(p, 4);
    s2 += <f64>load<f32>(table + ((<usize>((four >> 32) & 0xffff)) << 2)) * <f64>load<f32>(p, 8);
    s3 += <f64>load<f32>(table + ((<usize>(four >> 48)) << 2)) * <f64>load<f32>(p, 12);
  }
  let sum = s0 + s2 + (s1 + s3);
  for (let i = whole; i < count; i++, c += 2, p += 4) {
    sum += <f64>load<f32>(table + ((<usize>load<u16>(c)) << 2)) * <f64>load<f32>(p);
  }
  return sum;
}

/**
 * Finds the nearest entry of a symmetric table for each value. The number of thresholds that a
 * magnitude reaches is found first; the sign then decides on which side of the middle the code
 * lies.
 */
export function quantizeNearest(
  values: usize,
  count: i32,
  inverse: f32,
  thresholds: usize,
  thresholdCount: i32,
  hints: usize,
  codes: usize,
): void {
  let done = 0;
  if (thresholdCount <= MOST_COMPARED) {
    done = count & ~7;
    const half = i32x4.splat(thresholdCount + 1);
    const factor = f32x4.splat(inverse);
    for (let i = 0; i < done; i += 8) {
      const p = values + ((<usize>i) << 2);
      const a = f32x4.mul(v128.load(p), factor);
      const b = f32x4.mul(v128.load(p, 16), factor);
      const absA = f32x4.abs(a);
      const absB = f32x4.abs(b);
      let countA = i32x4.splat(0);
      let countB = i32x4.splat(0);
      for (let t = 0; t < thresholdCount; t++) {
        const threshold = v128.load32_splat(thresholds + ((<usize>t) << 2));
        countA = i32x4.sub(countA, f32x4.ge(absA, threshold));
        countB = i32x4.sub(countB, f32x4.ge(absB, threshold));
      }
      countA = i32x4.add(half, v128.xor(countA, i32x4.shr_s(a, 31)));
      countB = i32x4.add(half, v128.xor(countB, i32x4.shr_s(b, 31)));
      v128.store(codes + ((<usize>i) << 1), i16x8.narrow_i32x4_u(countA, countB));
    }
  }
  const isLong = thresholdCount > MOST_COMPARED;
  if (isLong) {
    done = count & ~3;
    const half = i16x8.splat(<i16>(thresholdCount + 1));
    const factor = f32x4.splat(inverse);
    for (let i = 0; i < done; i += 4) {
      const z = f32x4.mul(v128.load(values + ((<usize>i) << 2)), factor);
      const m = f32x4.abs(z);
      const buckets = i32x4.trunc_sat_f32x4_s(
        f32x4.min(f32x4.mul(m, f32x4.splat(HINTS_PER_UNIT)), f32x4.splat(<f32>(HINTS - 1))),
      );
      const at0 = reached(
        thresholds,
        hints,
        i32x4.extract_lane(buckets, 0),
        f32x4.extract_lane(m, 0),
      );
      const at1 = reached(
        thresholds,
        hints,
        i32x4.extract_lane(buckets, 1),
        f32x4.extract_lane(m, 1),
      );
      const at2 = reached(
        thresholds,
        hints,
        i32x4.extract_lane(buckets, 2),
        f32x4.extract_lane(m, 2),
      );
      const at3 = reached(
        thresholds,
        hints,
        i32x4.extract_lane(buckets, 3),
        f32x4.extract_lane(m, 3),
      );
      const all = <i64>at0 | ((<i64>at1) << 16) | ((<i64>at2) << 32) | ((<i64>at3) << 48);
      const signs = i32x4.shr_s(z, 31);
      const four = i16x8.add(half, v128.xor(i64x2.splat(all), i16x8.narrow_i32x4_s(signs, signs)));
      store<i64>(codes + ((<usize>i) << 1), i64x2.extract_lane(four, 0));
    }
  }
  for (let i = done; i < count; i++) {
    const z = load<f32>(values + ((<usize>i) << 2)) * inverse;
    const magnitude = abs<f32>(z);
    let at = 0;
    if (isLong) {
      at = reached(thresholds, hints, min(<i32>(magnitude * HINTS_PER_UNIT), HINTS - 1), magnitude);
    } else {
      while (at < thresholdCount && magnitude >= load<f32>(thresholds + ((<usize>at) << 2))) at++;
    }
    const sign = reinterpret<i32>(z) >> 31;
    store<u16>(codes + ((<usize>i) << 1), <u16>(thresholdCount + 1 + (at ^ sign)));
  }
}

/**
 * @returns How many thresholds a magnitude reaches. At most one threshold lies within its bucket.
 */
function reached(thresholds: usize, hints: usize, bucket: i32, magnitude: f32): i32 {
  const before = <i32>load<u8>(hints + <usize>bucket);
  return before + i32(magnitude >= load<f32>(thresholds + ((<usize>before) << 2)));
}

/**
 * Rounds to a grid at random, four values at a time. The words of value i are mixed from key + i ·
 * GOLDEN.
 */
export function quantizeGrid(
  values: usize,
  count: i32,
  least: f64,
  perStep: f64,
  levels: i32,
  key: i32,
  codes: usize,
): void {
  const whole = count & ~3;
  const leasts = f64x2.splat(least);
  const factors = f64x2.splat(perStep);
  const tiny = f64x2.splat(TWO_POW_MINUS_32);
  const top = i32x4.splat(levels);
  let weyl = i32x4.add(i32x4.splat(key), i32x4.mul(i32x4(0, 1, 2, 3), i32x4.splat(GOLDEN)));
  for (let i = 0; i < whole; i += 4) {
    const words = mix4(weyl);
    weyl = i32x4.add(weyl, i32x4.splat(GOLDEN << 2));
    const x = v128.load(values + ((<usize>i) << 2));
    const low = f64x2.add(
      f64x2.mul(f64x2.sub(f64x2.promote_low_f32x4(x), leasts), factors),
      f64x2.mul(f64x2.convert_low_i32x4_u(words), tiny),
    );
    const high = f64x2.add(
      f64x2.mul(
        f64x2.sub(f64x2.promote_low_f32x4(v128.shuffle<i32>(x, x, 2, 3, 2, 3)), leasts),
        factors,
      ),
      f64x2.mul(f64x2.convert_low_i32x4_u(v128.shuffle<i32>(words, words, 2, 3, 2, 3)), tiny),
    );
    const four = i32x4.min_s(
      v128.shuffle<i32>(
        i32x4.trunc_sat_f64x2_s_zero(low),
        i32x4.trunc_sat_f64x2_s_zero(high),
        0,
        1,
        4,
        5,
      ),
      top,
    );
    const narrow = i16x8.narrow_i32x4_u(four, four);
    store<i64>(codes + ((<usize>i) << 1), i64x2.extract_lane(narrow, 0));
  }
  for (let i = whole; i < count; i++) {
    const word = <u32>mix(key + i * GOLDEN);
    const x = <f64>load<f32>(values + ((<usize>i) << 2));
    const code = <i32>((x - least) * perStep + <f64>word * TWO_POW_MINUS_32);
    store<u16>(codes + ((<usize>i) << 1), <u16>min(max(code, 0), levels));
  }
}

/**
 * Writes codes of `bits` bits each, one directly after the other. Bits wait in a 64-bit word until
 * there are 32.
 */
export function pack(codes: usize, count: i32, bits: i32, packed: usize): void {
  let out = packed;
  let pending: u64 = 0;
  let pendingBits = 0;
  let i = 0;
  if (bits == 8) {
    for (; i + 16 <= count; i += 16, out += 16) {
      const c = codes + ((<usize>i) << 1);
      v128.store(out, i8x16.narrow_i16x8_u(v128.load(c), v128.load(c, 16)));
    }
  }
  for (; i < count; i++) {
    pending |= (<u64>load<u16>(codes + ((<usize>i) << 1))) << pendingBits;
    pendingBits += bits;
    if (pendingBits >= 32) {
      store<u32>(out, <u32>pending);
      out += 4;
      pending >>= 32;
      pendingBits -= 32;
    }
  }
  for (; pendingBits > 0; pendingBits -= 8, out++, pending >>= 8) store<u8>(out, <u8>pending);
}

/** Reads codes of `bits` bits each. It never reads behind the last byte of the codes. */
export function unpack(packed: usize, count: i32, bits: i32, codes: usize): void {
  const mask: u64 = ((<u64>1) << bits) - 1;
  let at = packed;
  const end = packed + ((<usize>count * <usize>bits + 7) >> 3);
  let pending: u64 = 0;
  let pendingBits = 0;
  for (let i = 0; i < count; i++) {
    if (pendingBits < bits) {
      if (at + 4 <= end) {
        pending |= (<u64>load<u32>(at)) << pendingBits;
        pendingBits += 32;
        at += 4;
      } else {
        for (; pendingBits < bits; pendingBits += 8, at++) {
          pending |= (<u64>load<u8>(at)) << pendingBits;
        }
      }
    }
    store<u16>(codes + ((<usize>i) << 1), <u16>(pending & mask));
    pending >>= bits;
    pendingBits -= bits;
  }
}

/** Writes value = table[code], four codes at a time. */
export function lookup(codes: usize, count: i32, table: usize, values: usize): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const four = load<u64>(codes + ((<usize>i) << 1));
    const p = values + ((<usize>i) << 2);
    store<f32>(p, load<f32>(table + ((<usize>(four & 0xffff)) << 2)));
    store<f32>(p, load<f32>(table + ((<usize>((four >> 16) & 0xffff)) << 2)), 4);
    store<f32>(p, load<f32>(table + ((<usize>((four >> 32) & 0xffff)) << 2)), 8);
    store<f32>(p, load<f32>(table + ((<usize>(four >> 48)) << 2)), 12);
  }
  for (; i < count; i++) {
    const code = <usize>load<u16>(codes + ((<usize>i) << 1));
    store<f32>(values + ((<usize>i) << 2), load<f32>(table + (code << 2)));
  }
}

/**
 * Reads packed codes and looks them up, with loops of their own for the numbers of bits that are
 * used most.
 */
export function unpackLookup(
  packed: usize,
  count: i32,
  bits: i32,
  table: usize,
  values: usize,
): void {
  let p = values;
  let at = packed;
  let i = 0;
  if (bits == 8) {
    for (; i + 4 <= count; i += 4, p += 16, at += 4) {
      const four = load<u32>(at);
      store<f32>(p, load<f32>(table + ((<usize>(four & 255)) << 2)));
      store<f32>(p, load<f32>(table + ((<usize>((four >> 8) & 255)) << 2)), 4);
      store<f32>(p, load<f32>(table + ((<usize>((four >> 16) & 255)) << 2)), 8);
      store<f32>(p, load<f32>(table + ((<usize>(four >> 24)) << 2)), 12);
    }
  } else if (bits == 4) {
    for (; i + 8 <= count; i += 8, p += 32, at += 4) {
      const eight = load<u32>(at);
      store<f32>(p, load<f32>(table + ((<usize>(eight & 15)) << 2)));
      store<f32>(p, load<f32>(table + ((<usize>((eight >> 4) & 15)) << 2)), 4);
      store<f32>(p, load<f32>(table + ((<usize>((eight >> 8) & 15)) << 2)), 8);
      store<f32>(p, load<f32>(table + ((<usize>((eight >> 12) & 15)) << 2)), 12);
      store<f32>(p, load<f32>(table + ((<usize>((eight >> 16) & 15)) << 2)), 16);
      store<f32>(p, load<f32>(table + ((<usize>((eight >> 20) & 15)) << 2)), 20);
      store<f32>(p, load<f32>(table + ((<usize>((eight >> 24) & 15)) << 2)), 24);
      store<f32>(p, load<f32>(table + ((<usize>(eight >> 28)) << 2)), 28);
    }
  } else if (bits == 3) {
    for (; i + 8 <= count; i += 8, p += 32, at += 3) {
      const eight = <u32>load<u16>(at) | ((<u32>load<u8>(at, 2)) << 16);
      store<f32>(p, load<f32>(table + ((<usize>(eight & 7)) << 2)));
      store<f32>(p, load<f32>(table + ((<usize>((eight >> 3) & 7)) << 2)), 4);
      store<f32>(p, load<f32>(table + ((<usize>((eight >> 6) & 7)) << 2)), 8);
      store<f32>(p, load<f32>(table + ((<usize>((eight >> 9) & 7)) << 2)), 12);
      store<f32>(p, load<f32>(table + ((<usize>((eight >> 12) & 7)) << 2)), 16);
      store<f32>(p, load<f32>(table + ((<usize>((eight >> 15) & 7)) << 2)), 20);
      store<f32>(p, load<f32>(table + ((<usize>((eight >> 18) & 7)) << 2)), 24);
      store<f32>(p, load<f32>(table + ((<usize>(eight >> 21)) << 2)), 28);
    }
  } else if (bits == 2) {
    for (; i + 4 <= count; i += 4, p += 16, at += 1) {
      const four = <u32>load<u8>(at);
      store<f32>(p, load<f32>(table + ((<usize>(four & 3)) << 2)));
      store<f32>(p, load<f32>(table + ((<usize>((four >> 2) & 3)) << 2)), 4);
      store<f32>(p, load<f32>(table + ((<usize>((four >> 4) & 3)) << 2)), 8);
      store<f32>(p, load<f32>(table + ((<usize>(four >> 6)) << 2)), 12);
    }
  } else if (bits == 1) {
    const low = v128.load32_splat(table);
    const high = v128.load32_splat(table, 4);
    const masks = i32x4(1, 2, 4, 8);
    for (; i + 8 <= count; i += 8, p += 32, at += 1) {
      const byte = <i32>load<u8>(at);
      const a = i32x4.eq(v128.and(i32x4.splat(byte), masks), masks);
      const b = i32x4.eq(v128.and(i32x4.splat(byte >> 4), masks), masks);
      v128.store(p, v128.bitselect(high, low, a));
      v128.store(p, v128.bitselect(high, low, b), 16);
    }
  }
  const mask: u32 = ((<u32>1) << bits) - 1;
  let pending: u32 = 0;
  let pendingBits = 0;
  for (; i < count; i++, p += 4) {
    for (; pendingBits < bits; pendingBits += 8, at++) {
      pending |= (<u32>load<u8>(at)) << pendingBits;
    }
    store<f32>(p, load<f32>(table + ((<usize>(pending & mask)) << 2)));
    pending >>= bits;
    pendingBits -= bits;
  }
}

/** Writes value = least + step · code. */
export function affine(codes: usize, count: i32, least: f64, step: f64, values: usize): void {
  for (let i = 0; i < count; i++) {
    const code = <f64>load<u16>(codes + ((<usize>i) << 1));
    store<f32>(values + ((<usize>i) << 2), <f32>(least + step * code));
  }
}

/** 2^112: the factor between the exponents of float16 and those of float32. */
const REBIAS: f32 = 5192296858534827628530496329220096.0;

/**
 * Converts float32 to float16 and rounds at random. A magnitude below 2⁻¹⁴ becomes a subnormal
 * float16.
 */
export function toHalf(values: usize, count: i32, key: i32, halves: usize): void {
  for (let i = 0; i < count; i++) {
    const word = <u32>mix(key + i * GOLDEN);
    const bits = load<u32>(values + ((<usize>i) << 2));
    const magnitude = bits & 0x7fffffff;
    let half: u32;
    if (magnitude < 0x38800000) {
      const x = <f64>reinterpret<f32>(magnitude);
      half = <u32>(<i32>(x * 16777216.0 + <f64>word * TWO_POW_MINUS_32));
    } else {
      half = (magnitude - 0x38000000 + (word >> 19)) >> 13;
    }
    store<u16>(halves + ((<usize>i) << 1), <u16>(half | ((bits >> 16) & 0x8000)));
  }
}

/**
 * Converts float16 to float32: its bits are moved into place, and a product corrects the exponent.
 */
export function fromHalf(halves: usize, count: i32, values: usize): void {
  const whole = count & ~3;
  const factor = f32x4.splat(REBIAS);
  for (let i = 0; i < whole; i += 4) {
    const words = v128.load16x4_u(halves + ((<usize>i) << 1));
    const magnitudes = i32x4.shl(v128.and(words, i32x4.splat(0x7fff)), 13);
    const signs = i32x4.shl(v128.and(words, i32x4.splat(0x8000)), 16);
    v128.store(values + ((<usize>i) << 2), v128.or(f32x4.mul(magnitudes, factor), signs));
  }
  for (let i = whole; i < count; i++) {
    const half = <u32>load<u16>(halves + ((<usize>i) << 1));
    const magnitude = reinterpret<f32>((half & 0x7fff) << 13) * REBIAS;
    const bits = reinterpret<u32>(magnitude) | ((half & 0x8000) << 16);
    store<u32>(values + ((<usize>i) << 2), bits);
  }
}
