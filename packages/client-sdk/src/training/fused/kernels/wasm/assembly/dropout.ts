// Dropout. Which values are dropped follows from a key and counters alone. So the way backwards
// computes the same mask again instead of storing it, and every machine drops the same values.
import { bytes } from "./address";

/** Rotates the bits of each lane to the left. */
function rotate(x: v128, by: i32): v128 {
  return v128.or(i32x4.shl(x, by), i32x4.shr_u(x, 32 - by));
}

/**
 * Computes y = x · factor, or 0 where a random word is below `threshold`. The words come from
 * Threefry-2x32 with 20 rounds (Salmon et al. 2011) under the key. A block of 8 values uses the
 * counters (4 · block + lane, step) of four lanes: first the first word of each counter, then the
 * second word of each.
 */
export function dropout(
  x: usize,
  y: usize,
  size: i32,
  key0: i32,
  key1: i32,
  step: i32,
  threshold: u32,
  factor: f32,
): void {
  // Threefry makes the third word of its key from the other two and a constant.
  const key2 = key0 ^ key1 ^ 0x1bd11bda;
  const k0 = i32x4.splat(key0),
    k1 = i32x4.splat(key1),
    k2 = i32x4.splat(key2);
  const bound = i32x4.splat(threshold),
    f = f32x4.splat(factor);
  for (let block = 0; 8 * block < size; block++) {
    // Four counters at once, one in each lane, with the first part of the key added.
    let a = i32x4.add(i32x4.add(i32x4.splat(4 * block), i32x4(0, 1, 2, 3)), k0);
    let b = i32x4.add(i32x4.splat(step), k1);
    // Five groups of four rounds. The amounts of the rotations alternate between two rows of the
    // table of Threefry-2x32.
    for (let group = 0; group < 5; group++) {
      if (group & 1) {
        a = i32x4.add(a, b);
        b = v128.xor(rotate(b, 17), a);
        a = i32x4.add(a, b);
        b = v128.xor(rotate(b, 29), a);
        a = i32x4.add(a, b);
        b = v128.xor(rotate(b, 16), a);
        a = i32x4.add(a, b);
        b = v128.xor(rotate(b, 24), a);
      } else {
        a = i32x4.add(a, b);
        b = v128.xor(rotate(b, 13), a);
        a = i32x4.add(a, b);
        b = v128.xor(rotate(b, 15), a);
        a = i32x4.add(a, b);
        b = v128.xor(rotate(b, 26), a);
        a = i32x4.add(a, b);
        b = v128.xor(rotate(b, 6), a);
      }
      // After each group the next two words of the key are added, and the number of the group.
      const first = group % 3,
        round = i32x4.splat(group + 1);
      a = i32x4.add(a, first == 0 ? k1 : first == 1 ? k2 : k0);
      b = i32x4.add(i32x4.add(b, first == 0 ? k2 : first == 1 ? k0 : k1), round);
    }
    // `andnot` clears the lanes whose random word is below the threshold. `a` has the words of the
    // first four values, `b` those of the last four.
    const from = x + bytes(8 * block),
      to = y + bytes(8 * block);
    v128.store(to, v128.andnot(f32x4.mul(v128.load(from), f), i32x4.lt_u(a, bound)));
    if (8 * block + 4 < size) {
      v128.store(to, v128.andnot(f32x4.mul(v128.load(from, 16), f), i32x4.lt_u(b, bound)), 16);
    }
  }
}
