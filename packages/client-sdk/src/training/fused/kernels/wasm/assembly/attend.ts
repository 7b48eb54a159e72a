// Attention: the weights of its scores.
import { bytes } from "./address";
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
  const factor = f32x4.splat(scale);
  for (let row = 0; row < rows; row++) {
    const p = x + bytes(row * columns),
      seen = causal ? min((row % moments) + 1, columns) : columns;
    let most = f32.load(p);
    for (let i = 1; i < seen; i++) most = max(most, f32.load(p + bytes(i)));
    const highest = f32x4.splat(most);
    for (let i = 0; i < seen; i += 4) {
      const score = f32x4.sub(v128.load(p + bytes(i)), highest);
      storeSome(p + bytes(i), exp4(f32x4.mul(factor, score)), seen - i);
    }
    // One value after the other, so that the sum has the order of the twin.
    let sum: f32 = 0;
    for (let i = 0; i < seen; i++) sum += f32.load(p + bytes(i));
    const divisor = f32x4.splat(sum);
    for (let i = 0; i < seen; i += 4)
      storeSome(p + bytes(i), f32x4.div(v128.load(p + bytes(i)), divisor), seen - i);
    for (let i = seen; i < columns; i++) f32.store(p + bytes(i), 0);
  }
}
