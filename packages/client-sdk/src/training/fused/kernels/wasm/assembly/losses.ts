// Losses of a batch with their gradients. Each kernel returns the sum over rows or values, in
// float64 and in their order, and writes the gradient of `weight` times that sum.
import { bytes } from "./address";
import { gather4, largest, toLane } from "./lanes";
import { exp1, exp4, log1 } from "./math";
import { storeSome } from "./register-tiles";

/** Computes the softmax of each row. */
export function softmax(x: usize, y: usize, rows: i32, columns: i32): void {
  for (let row = 0; row < rows; row++)
    softmaxRow(x + bytes(row * columns), y + bytes(row * columns), columns);
}

/**
 * Computes the softmax of one row. The largest value is subtracted first, so that no power
 * overflows.
 * @returns The logarithm of the sum of the powers of e.
 */
function softmaxRow(x: usize, y: usize, columns: i32): f32 {
  const most = largest(x, columns);
  // The vectors at the end of a row may reach into the next row. `storeSome` writes only what
  // belongs to this row.
  const highest = f32x4.splat(most);
  for (let i = 0; i < columns; i += 4) {
    storeSome(y + bytes(i), exp4(f32x4.sub(v128.load(x + bytes(i)), highest)), columns - i);
  }
  // One value after the other, so that the sum has the order of the twin.
  let sum: f32 = 0;
  for (let i = 0; i < columns; i++) sum += f32.load(y + bytes(i));
  const divisor = f32x4.splat(sum);
  for (let i = 0; i < columns; i += 4) {
    storeSome(y + bytes(i), f32x4.div(v128.load(y + bytes(i)), divisor), columns - i);
  }
  return log1(sum) + most;
}

/** Computes dx = y · (dy − Σ dy · y), row by row. */
export function softmaxGradient(y: usize, dy: usize, dx: usize, rows: i32, columns: i32): void {
  const rowBytes = <i32>bytes(columns);
  for (let first = 0; first < rows; first += 4) {
    const to1 = toLane(1, first, rows, rowBytes),
      to2 = toLane(2, first, rows, rowBytes),
      to3 = toLane(3, first, rows, rowBytes);
    let place = bytes(first * columns),
      sums = f32x4.splat(0);
    // The output y_i depends on every input of its row, hence the sum over the row.
    for (let i = 0; i < columns; i++) {
      const at = place + bytes(i);
      const slope = f32x4.mul(gather4(dy + at, to1, to2, to3), gather4(y + at, to1, to2, to3));
      sums = f32x4.add(sums, slope);
    }
    v128.store(SUMS, sums);
    for (let row = first; row < min(first + 4, rows); row++, place += rowBytes) {
      const sum = v128.load32_splat(SUMS + bytes(row - first));
      for (let i = 0; i < columns; i += 4) {
        const at = place + bytes(i);
        const d = f32x4.sub(v128.load(dy + at), sum);
        storeSome(dx + at, f32x4.mul(v128.load(y + at), d), columns - i);
      }
    }
  }
}

/** The sums of four rows. */
const SUMS = memory.data(16, 16);

/**
 * The cross-entropy of the softmax: −Σ target · (x − ln Σ e^x). Writes the probabilities and dx.
 */
export function softmaxCrossEntropy(
  x: usize,
  targets: usize,
  y: usize,
  dx: usize,
  rows: i32,
  columns: i32,
  weight: f32,
): f64 {
  let loss: f64 = 0;
  for (let row = 0; row < rows; row++) {
    const from = row * columns,
      logits = x + bytes(from),
      p = y + bytes(from),
      t = targets + bytes(from),
      g = dx + bytes(from);
    // −ln p_i is `normal − x_i`, which stays finite where the probability p_i rounds to 0.
    const normal = softmaxRow(logits, p, columns);
    // The sum of the targets: 1 if they are a distribution.
    let mass: f32 = 0,
      sum: f32 = 0;
    for (let i = 0; i < columns; i++) {
      const target = f32.load(t + bytes(i));
      mass += target;
      // A class that is not the target adds nothing. Its product could be 0 · −∞, which is no
      // number.
      if (target != 0) sum += target * (normal - f32.load(logits + bytes(i)));
    }
    const total = f32x4.splat(mass),
      share = f32x4.splat(weight);
    for (let i = 0; i < columns; i += 4) {
      const d = f32x4.sub(f32x4.mul(v128.load(p + bytes(i)), total), v128.load(t + bytes(i)));
      storeSome(g + bytes(i), f32x4.mul(d, share), columns - i);
    }
    loss += <f64>sum;
  }
  return loss;
}

/**
 * The cross-entropy of the sigmoid: max(x, 0) − x · target + ln(1 + e^−|x|). Writes the
 * probabilities and dx.
 */
export function sigmoidCrossEntropy(
  x: usize,
  targets: usize,
  y: usize,
  dx: usize,
  size: i32,
  weight: f32,
): f64 {
  let loss: f64 = 0;
  for (let i = 0; i < size; i++) {
    const value = f32.load(x + bytes(i)),
      target = f32.load(targets + bytes(i));
    // Only e^−|x| is used, which cannot overflow. It gives the sigmoid for both signs of x.
    const power = exp1(-abs(value));
    const large: f32 = 1 / (1 + power);
    const p: f32 = value >= 0 ? large : power * large;
    f32.store(y + bytes(i), p);
    f32.store(dx + bytes(i), (p - target) * weight);
    loss += <f64>(max(value, <f32>0) - value * target + log1(1 + power));
  }
  return loss;
}

/** The squared error: (x − target)². */
export function squaredError(x: usize, targets: usize, dx: usize, size: i32, weight: f32): f64 {
  let loss: f64 = 0;
  for (let i = 0; i < size; i++) {
    const distance = f32.load(x + bytes(i)) - f32.load(targets + bytes(i));
    f32.store(dx + bytes(i), distance * 2 * weight);
    loss += <f64>(distance * distance);
  }
  return loss;
}

/** The absolute error: |x − target|. */
export function absoluteError(x: usize, targets: usize, dx: usize, size: i32, weight: f32): f64 {
  let loss: f64 = 0;
  for (let i = 0; i < size; i++) {
    const distance = f32.load(x + bytes(i)) - f32.load(targets + bytes(i));
    // The derivative at a distance of exactly 0 is taken as 0.
    f32.store(dx + bytes(i), distance > 0 ? weight : distance < 0 ? -weight : 0);
    loss += <f64>abs(distance);
  }
  return loss;
}

/** The Huber loss of d = x − target: ½ d² for |d| ≤ delta, and delta · (|d| − ½ delta) beyond. */
export function huberLoss(
  x: usize,
  targets: usize,
  dx: usize,
  size: i32,
  weight: f32,
  delta: f32,
): f64 {
  let loss: f64 = 0;
  for (let i = 0; i < size; i++) {
    const distance = f32.load(x + bytes(i)) - f32.load(targets + bytes(i));
    // With the distance limited to ±delta as b, one formula covers both parts: b · (d − ½ b).
    const bounded: f32 = max(min(distance, delta), -delta);
    f32.store(dx + bytes(i), bounded * weight);
    loss += <f64>(bounded * (distance - <f32>0.5 * bounded));
  }
  return loss;
}
