// AssemblyScript. The twin in ../reference-rotate.ts specifies every kernel here: it has the same
// name and gives the same bits. Loops take whole vectors first, and then the last values one by
// one.
import { GOLDEN, mix4 } from "./mix";

/** The bit that holds the sign of a float32. */
const SIGN: i32 = 0x80000000;

/** Gives the four words that hold the signs of a group of 128 values. */
function signWords(key: i32, group: i32): v128 {
  const first = i32x4.add(i32x4.splat(group << 2), i32x4(0, 1, 2, 3));
  return mix4(i32x4.add(i32x4.splat(key), i32x4.mul(first, i32x4.splat(GOLDEN))));
}

/** Flips the signs of four values by the highest bits of four words. */
function flipped(values: v128, words: v128): v128 {
  return v128.xor(values, v128.and(words, i32x4.splat(SIGN)));
}

/** Computes the levels of stride 1 and 2, which lie within one vector. */
function within(x: v128): v128 {
  const pairs = f32x4.add(
    v128.shuffle<f32>(x, x, 0, 0, 2, 2),
    v128.xor(v128.shuffle<f32>(x, x, 1, 1, 3, 3), i32x4(0, SIGN, 0, SIGN)),
  );
  return f32x4.add(
    v128.shuffle<f32>(pairs, pairs, 0, 1, 0, 1),
    v128.xor(v128.shuffle<f32>(pairs, pairs, 2, 3, 2, 3), i32x4(0, 0, SIGN, SIGN)),
  );
}

/**
 * Computes the levels of stride 1, 2, 4 and 8 over four vectors at a time, after flipping signs if
 * asked to.
 */
function firstLevels(values: usize, words: v128, signs: bool): void {
  let a = v128.load(values, 0);
  let b = v128.load(values, 16);
  let c = v128.load(values, 32);
  let d = v128.load(values, 48);
  if (signs) {
    a = flipped(a, words);
    b = flipped(b, i32x4.shl(words, 1));
    c = flipped(c, i32x4.shl(words, 2));
    d = flipped(d, i32x4.shl(words, 3));
  }
  a = within(a);
  b = within(b);
  c = within(c);
  d = within(d);
  const ab = f32x4.add(a, b);
  const a_b = f32x4.sub(a, b);
  const cd = f32x4.add(c, d);
  const c_d = f32x4.sub(c, d);
  v128.store(values, f32x4.add(ab, cd), 0);
  v128.store(values, f32x4.add(a_b, c_d), 16);
  v128.store(values, f32x4.sub(ab, cd), 32);
  v128.store(values, f32x4.sub(a_b, c_d), 48);
}

/**
 * Computes three levels in one pass over the memory: those of one, two and four times the stride.
 */
function threeLevels(values: usize, bytes: usize, stride: usize): void {
  const end = values + bytes;
  const span = stride << 3;
  for (let base = values; base < end; base += span) {
    const stop = base + stride;
    for (let p = base; p < stop; p += 16) {
      const p1 = p + stride;
      const p2 = p1 + stride;
      const p3 = p2 + stride;
      const p4 = p3 + stride;
      const p5 = p4 + stride;
      const p6 = p5 + stride;
      const p7 = p6 + stride;
      let x0 = v128.load(p);
      let x1 = v128.load(p1);
      let y0 = f32x4.add(x0, x1);
      let y1 = f32x4.sub(x0, x1);
      x0 = v128.load(p2);
      x1 = v128.load(p3);
      let y2 = f32x4.add(x0, x1);
      let y3 = f32x4.sub(x0, x1);
      x0 = f32x4.add(y0, y2);
      x1 = f32x4.add(y1, y3);
      const x2 = f32x4.sub(y0, y2);
      const x3 = f32x4.sub(y1, y3);
      let z0 = v128.load(p4);
      let z1 = v128.load(p5);
      y0 = f32x4.add(z0, z1);
      y1 = f32x4.sub(z0, z1);
      z0 = v128.load(p6);
      z1 = v128.load(p7);
      y2 = f32x4.add(z0, z1);
      y3 = f32x4.sub(z0, z1);
      z0 = f32x4.add(y0, y2);
      z1 = f32x4.add(y1, y3);
      const z2 = f32x4.sub(y0, y2);
      const z3 = f32x4.sub(y1, y3);
      v128.store(p, f32x4.add(x0, z0));
      v128.store(p1, f32x4.add(x1, z1));
      v128.store(p2, f32x4.add(x2, z2));
      v128.store(p3, f32x4.add(x3, z3));
      v128.store(p4, f32x4.sub(x0, z0));
      v128.store(p5, f32x4.sub(x1, z1));
      v128.store(p6, f32x4.sub(x2, z2));
      v128.store(p7, f32x4.sub(x3, z3));
    }
  }
}

/** Computes two levels in one pass over the memory: those of one and two times the stride. */
function twoLevels(values: usize, bytes: usize, stride: usize): void {
  const end = values + bytes;
  const span = stride << 2;
  for (let base = values; base < end; base += span) {
    const stop = base + stride;
    for (let p = base; p < stop; p += 16) {
      const p1 = p + stride;
      const p2 = p1 + stride;
      const p3 = p2 + stride;
      const a = v128.load(p);
      const b = v128.load(p1);
      const c = v128.load(p2);
      const d = v128.load(p3);
      const ab = f32x4.add(a, b);
      const a_b = f32x4.sub(a, b);
      const cd = f32x4.add(c, d);
      const c_d = f32x4.sub(c, d);
      v128.store(p, f32x4.add(ab, cd));
      v128.store(p1, f32x4.add(a_b, c_d));
      v128.store(p2, f32x4.sub(ab, cd));
      v128.store(p3, f32x4.sub(a_b, c_d));
    }
  }
}

/** Computes the levels from stride 16 on, three or two at a time. */
function otherLevels(values: usize, size: i32): void {
  const bytes = (<usize>size) << 2;
  let stride: usize = 64;
  let left = 31 - clz(size) - 4;
  while (left > 0) {
    if (left == 3 || left > 4) {
      threeLevels(values, bytes, stride);
      stride <<= 3;
      left -= 3;
    } else {
      twoLevels(values, bytes, stride);
      stride <<= 2;
      left -= 2;
    }
  }
}

/** Replaces the values by H·values. */
export function hadamard(values: usize, size: i32): void {
  const end = values + ((<usize>size) << 2);
  for (let p = values; p < end; p += 64) firstLevels(p, i32x4.splat(0), false);
  otherLevels(values, size);
}

/** Replaces the values by H·D·values. */
export function flipHadamard(values: usize, size: i32, key: i32): void {
  const groups = size >> 7;
  let p = values;
  for (let group = 0; group < groups; group++) {
    let words = signWords(key, group);
    for (const end = p + 512; p < end; p += 64) {
      firstLevels(p, words, true);
      words = i32x4.shl(words, 4);
    }
  }
  otherLevels(values, size);
}

/** Replaces the values by factor·D·values. */
export function flip(values: usize, size: i32, key: i32, factor: f32): void {
  const factors = f32x4.splat(factor);
  const groups = size >> 7;
  let p = values;
  for (let group = 0; group < groups; group++) {
    let words = signWords(key, group);
    for (const end = p + 512; p < end; p += 64) {
      const a = flipped(v128.load(p), words);
      const b = flipped(v128.load(p, 16), i32x4.shl(words, 1));
      const c = flipped(v128.load(p, 32), i32x4.shl(words, 2));
      const d = flipped(v128.load(p, 48), i32x4.shl(words, 3));
      v128.store(p, f32x4.mul(a, factors));
      v128.store(p, f32x4.mul(b, factors), 16);
      v128.store(p, f32x4.mul(c, factors), 32);
      v128.store(p, f32x4.mul(d, factors), 48);
      words = i32x4.shl(words, 4);
    }
  }
}
