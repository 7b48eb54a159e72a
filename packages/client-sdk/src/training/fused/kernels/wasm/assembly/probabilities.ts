// Cross-entropies of outputs that are taken for probabilities, as losses.ts has them of logits. Each
// kernel returns the sum over rows or values, in float64 and in their order.
import { bytes } from "./address";
import { log1 } from "./math";

// Probabilities are kept off 0 and 1, whose logarithms are infinite.
const LEAST: f32 = 1e-7,
  MOST: f32 = 0.9999999;

/**
 * The cross-entropy −Σ target · ln q, where q is each row of x divided by its sum. Writes dx of
 * `weight` times the loss. A row whose sum is 0 or not finite makes the loss NaN, and its dx is 0.
 */
export function shareCrossEntropy(
  x: usize,
  targets: usize,
  dx: usize,
  rows: i32,
  columns: i32,
  weight: f32,
): f64 {
  let loss: f64 = 0;
  for (let row = 0; row < rows; row++) {
    const from = bytes(row * columns);
    let sum: f32 = 0,
      along: f32 = 0;
    for (let i = 0; i < columns; i++) sum += f32.load(x + from + bytes(i));
    // No NaN may go through the arithmetic below: which bits come out would depend on the host.
    if (!(abs(sum) > 0 && abs(sum) < f32.MAX_VALUE)) {
      memory.fill(dx + from, 0, bytes(columns));
      loss = NaN;
      continue;
    }
    for (let i = 0; i < columns; i++) {
      const place = from + bytes(i),
        share = f32.load(x + place) / sum,
        target = f32.load(targets + place);
      const kept = min(max(share, LEAST), MOST);
      loss -= <f64>target * <f64>log1(kept);
      // Where a bound holds, a small change of the output changes nothing.
      const isInside = share == kept,
        slope: f32 = isInside ? -target / kept : 0;
      f32.store(dx + place, slope);
      if (isInside) along += slope * share;
    }
    for (let i = 0; i < columns; i++) {
      const place = dx + from + bytes(i);
      f32.store(place, ((f32.load(place) - along) / sum) * weight);
    }
  }
  return loss;
}

/**
 * The cross-entropy −target · ln x − (1 − target) · ln(1 − x) of each value. Writes dx. A value that
 * is NaN makes the loss NaN, and its dx is 0.
 */
export function chanceCrossEntropy(
  x: usize,
  targets: usize,
  dx: usize,
  size: i32,
  weight: f32,
): f64 {
  let loss: f64 = 0;
  for (let i = 0; i < size; i++) {
    const place = bytes(i),
      value = f32.load(x + place),
      target = f32.load(targets + place);
    if (value != value) {
      f32.store(dx + place, 0);
      loss = NaN;
      continue;
    }
    const kept = min(max(value, LEAST), MOST),
      rest: f32 = 1 - kept;
    loss -= <f64>target * <f64>log1(kept) + <f64>(<f32>1 - target) * <f64>log1(rest);
    const slope: f32 = value == kept ? (kept - target) / (kept * rest) : 0;
    f32.store(dx + place, slope * weight);
  }
  return loss;
}
