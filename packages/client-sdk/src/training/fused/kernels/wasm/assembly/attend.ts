// Attention: the weights of its scores.
import { bytes } from "./address";
import { gather4, largest, toLane } from "./lanes";
import { exp4 } from "./math";
import { storeSome } from "./register-tiles";

/**
 * Writes the softmax of scale · x over each row in its place. With a causal mask, row i of each
 * `moments` rows has i + 1 weights, and zeros behind them.
 */
export function attend(
  x: usize,
  rows: i32,
  columns: i32,
  scale: f32,
  moments: i32,
  causal: i32,
): void {
  const factor = f32x4.splat(scale),
    rowBytes = <i32>bytes(columns);
  for (let first = 0; first < rows; first += 4) {
    const last = min(first + 4, rows);
    let most = 0;
    for (let row = first; row < last; row++) {
      const p = x + bytes(row * columns),
        seen = causal ? min((row % moments) + 1, columns) : columns;
      most = max(most, seen);
      const highest = f32x4.splat(largest(p, seen));
      for (let i = 0; i < seen; i += 4) {
        const score = f32x4.sub(v128.load(p + bytes(i)), highest);
        storeSome(p + bytes(i), exp4(f32x4.mul(factor, score)), seen - i);
      }
      memory.fill(p + bytes(seen), 0, bytes(columns - seen));
    }
    // The zeros behind the weights of a row change no sum.
    const to1 = toLane(1, first, rows, rowBytes),
      to2 = toLane(2, first, rows, rowBytes),
      to3 = toLane(3, first, rows, rowBytes);
    let p = x + bytes(first * columns),
      sums = f32x4.splat(0);
    for (let i = 0; i < most; i++) sums = f32x4.add(sums, gather4(p + bytes(i), to1, to2, to3));
    v128.store(SUMS, sums);
    for (let row = first; row < last; row++, p += rowBytes) {
      const sum = v128.load32_splat(SUMS + bytes(row - first)),
        seen = causal ? min((row % moments) + 1, columns) : columns;
      for (let i = 0; i < seen; i += 4)
        storeSome(p + bytes(i), f32x4.div(v128.load(p + bytes(i)), sum), seen - i);
    }
  }
}

/** The sums of four rows. */
const SUMS = memory.data(16, 16);
