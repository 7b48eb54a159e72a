// Products of matrices. A `start` of 0 stands for zeros. Each sum runs over k in ascending order,
// in float32, with one rounding for each product and one for each addition. Blocks, panels and
// tiles decide which sums are computed side by side, and cannot be seen in the result.
import { bytes } from "./address";
import { stripDescending } from "./register-tiles";
import { multiplyRows } from "./strips";

/**
 * The number of rows of B that are packed at a time, so that a panel of 8 columns stays in the
 * first cache.
 */
const BLOCK_K: i32 = 256;
/** The number of columns of B that are packed at a time. */
const BLOCK_N: i32 = 64;
/** The number of packed values that there is room for. */
const SCRATCH: i32 = BLOCK_K * BLOCK_N;

/**
 * Computes C = start + A·B for A [m, k] with any strides, and B [k, n] and C [m, n] with any
 * distance between rows.
 */
export function matmul(
  a: usize,
  aRow: i32,
  aStep: i32,
  b: usize,
  bRow: i32,
  c: usize,
  cRow: i32,
  start: usize,
  startRow: i32,
  m: i32,
  n: i32,
  k: i32,
  scratch: usize,
): void {
  // B is read where it lies. Its panels of 8 columns are neighbours there: it is 32 bytes from one
  // to the next.
  if (liesWell(m, bRow)) {
    for (let k0 = 0; k0 < k; k0 += BLOCK_K) {
      multiplyRows(
        a + bytes(k0 * aStep),
        bytes(aRow),
        bytes(aStep),
        0,
        min(BLOCK_K, k - k0),
        1,
        b + bytes(k0 * bRow),
        bytes(bRow),
        32,
        c,
        bytes(cRow),
        // The first block starts with `start`, the others with what the blocks before have summed.
        k0 == 0 ? start : c,
        k0 == 0 ? bytes(startRow) : bytes(cRow),
        m,
        n,
      );
    }
    return;
  }
  // B is packed block by block. Each packed block is used by all rows of A before the next one.
  for (let k0 = 0; k0 < k; k0 += BLOCK_K) {
    const depth = min(BLOCK_K, k - k0);
    // The sums of later blocks continue those in C.
    const from = k0 == 0 ? start : c;
    const fromRow = k0 == 0 ? startRow : cRow;
    for (let n0 = 0; n0 < n; n0 += BLOCK_N) {
      const width = min(BLOCK_N, n - n0);
      pack(b + bytes(k0 * bRow + n0), bytes(bRow), depth, width, scratch);
      multiplyRows(
        a + bytes(k0 * aStep),
        bytes(aRow),
        bytes(aStep),
        0,
        depth,
        1,
        scratch,
        32,
        bytes(8 * depth),
        c + bytes(n0),
        bytes(cRow),
        from ? from + bytes(n0) : 0,
        bytes(fromRow),
        m,
        width,
      );
    }
  }
}

/** Brings B [k, n] into panels of 8 columns for `matmulPacked`. */
export function packMatrix(b: usize, bRow: i32, k: i32, n: i32, to: usize): void {
  pack(b, bytes(bRow), k, n, to);
}

/**
 * Does the same as `matmul` with a B that `packMatrix` has packed, which pays when many products
 * use it.
 */
export function matmulPacked(
  a: usize,
  aRow: i32,
  b: usize,
  c: usize,
  cRow: i32,
  start: usize,
  startRow: i32,
  m: i32,
  n: i32,
  k: i32,
): void {
  // The whole of B is packed already, so only its columns are taken block by block.
  const panel = bytes(8 * k);
  for (let n0 = 0; n0 < n; n0 += BLOCK_N) {
    const from = start ? start + bytes(n0) : 0;
    multiplyRows(
      a,
      bytes(aRow),
      4,
      0,
      k,
      1,
      b + panel * <usize>(n0 >> 3),
      32,
      panel,
      c + bytes(n0),
      bytes(cRow),
      from,
      bytes(startRow),
      m,
      min(BLOCK_N, n - n0),
    );
  }
}

/**
 * Computes W = W − rate · A·B for an A [m, k] that is a transpose, and W [m, n]. Its rows, and those
 * of what A is the transpose of, lie side by side.
 */
export function descendAlong(
  a: usize,
  aStep: i32,
  b: usize,
  bRow: i32,
  w: usize,
  m: i32,
  n: i32,
  k: i32,
  rate: f32,
  scratch: usize,
): void {
  // As many columns as there is room for, so that W is walked through in the order in which it lies.
  const columns = (SCRATCH / k) & ~7;
  for (let n0 = 0; n0 < n; n0 += columns) {
    const width = min(columns, n - n0);
    pack(b + bytes(n0), bytes(bRow), k, width, scratch);
    // Matrices of weights are high, so a few rows one by one at their end cost little.
    for (let row = 0; row < m;) {
      const height = m - row >= 5 ? 5 : 1;
      stripDescending(
        height,
        a + bytes(row),
        bytes(aStep),
        k,
        scratch,
        32,
        bytes(8 * k),
        w + bytes(row * n + n0),
        bytes(n),
        width,
        f32x4.splat(rate),
      );
      row += height;
    }
  }
}

/**
 * Whether it is better to read B where it lies than to pack it. That is so when few rows of A use
 * it, unless the distance between its rows makes them compete for the same places of the first
 * cache.
 */
function liesWell(m: i32, bRow: i32): bool {
  if (m < 8) return true;
  if ((bRow & 1023) == 0) return false;
  return m <= 16 || (m < 64 && (bRow & 127) != 0);
}

/**
 * Brings B [k, n] into panels of 8 columns, [⌈n / 8⌉, k, 8]. Columns of the last panel beyond n are
 * left as they are.
 * @param bRow - The distance between rows in bytes.
 */
export function pack(b: usize, bRow: usize, k: i32, n: i32, to: usize): void {
  const panel = (<usize>k) << 5;
  let column = 0;
  // Two panels at a time while there are two, because a cache line holds 16 values.
  for (; column + 16 <= n; column += 16) {
    let from = b + ((<usize>column) << 2);
    let into = to + panel * <usize>(column >> 3);
    for (let row = 0; row < k; row++) {
      v128.store(into, v128.load(from));
      v128.store(into, v128.load(from, 16), 16);
      v128.store(into + panel, v128.load(from, 32));
      v128.store(into + panel, v128.load(from, 48), 16);
      from += bRow;
      into += 32;
    }
  }
  for (; column < n; column += 8) {
    let from = b + ((<usize>column) << 2);
    let into = to + panel * <usize>(column >> 3);
    const left = n - column;
    for (let row = 0; row < k; row++) {
      if (left >= 8) {
        v128.store(into, v128.load(from));
        v128.store(into, v128.load(from, 16), 16);
      } else
        for (let i = 0; i < left; i++)
          f32.store(into + ((<usize>i) << 2), f32.load(from + ((<usize>i) << 2)));
      from += bRow;
      into += 32;
    }
  }
}
