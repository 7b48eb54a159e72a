// Losses of a batch with their gradients. Each returns the sum over rows or values, in float64 and in their order;
// gradients are of `weight` times that sum.
import { at } from "./multiply";
import { exp1, exp4, log1 } from "./math";
import { storeSome } from "./register-tiles";

/** Each row's softmax. */
export function softmax(x: i32, y: i32, rows: i32, columns: i32): void {
  for (let row = 0; row < rows; row++) softmaxRow(at(x + row * columns), at(y + row * columns), columns);
}

/** @returns ln of the sum of powers, the largest taken out. */
function softmaxRow(x: usize, y: usize, columns: i32): f32 {
  let most = f32.load(x);
  for (let i = 1; i < columns; i++) most = max(most, f32.load(x + at(i)));
  const highest = f32x4.splat(most);
  for (let i = 0; i < columns; i += 4) {
    storeSome(y + at(i), exp4(f32x4.sub(v128.load(x + at(i)), highest)), columns - i);
  }
  let sum: f32 = 0;
  for (let i = 0; i < columns; i++) sum += f32.load(y + at(i));
  const divisor = f32x4.splat(sum);
  for (let i = 0; i < columns; i += 4) {
    storeSome(y + at(i), f32x4.div(v128.load(y + at(i)), divisor), columns - i);
  }
  return log1(sum) + most;
}

/** dx = y · (dy − Σ dy · y). */
export function softmaxGradient(y: i32, dy: i32, dx: i32, rows: i32, columns: i32): void {
  for (let row = 0; row < rows; row++) {
    const p = at(y + row * columns), g = at(dy + row * columns), o = at(dx + row * columns);
    let sum: f32 = 0;
    for (let i = 0; i < columns; i++) sum += f32.load(g + at(i)) * f32.load(p + at(i));
    for (let i = 0; i < columns; i++) f32.store(o + at(i), f32.load(p + at(i)) * (f32.load(g + at(i)) - sum));
  }
}

/** Cross-entropy of softmax: −Σ target · (x − ln Σ e^x). Writes probabilities and dx. */
export function softmaxCrossEntropy(
  x: i32, targets: i32, y: i32, dx: i32, rows: i32, columns: i32, weight: f32,
): f64 {
  let loss: f64 = 0;
  for (let row = 0; row < rows; row++) {
    const from = row * columns, logits = at(x + from), p = at(y + from), t = at(targets + from), g = at(dx + from);
    const normal = softmaxRow(logits, p, columns);
    let mass: f32 = 0, sum: f32 = 0;
    for (let i = 0; i < columns; i++) {
      const target = f32.load(t + at(i));
      mass += target;
      // Not 0 · −∞, which a far logit would make of a class that is not the target.
      if (target != 0) sum += target * (normal - f32.load(logits + at(i)));
    }
    for (let i = 0; i < columns; i++) {
      f32.store(g + at(i), (f32.load(p + at(i)) * mass - f32.load(t + at(i))) * weight);
    }
    loss += <f64>sum;
  }
  return loss;
}

/** Cross-entropy of the sigmoid: max(x, 0) − x · target + ln(1 + e^−|x|). Writes probabilities and dx. */
export function sigmoidCrossEntropy(x: i32, targets: i32, y: i32, dx: i32, size: i32, weight: f32): f64 {
  let loss: f64 = 0;
  for (let i = 0; i < size; i++) {
    const value = f32.load(at(x + i)), target = f32.load(at(targets + i));
    const power = exp1(-abs(value));
    const large: f32 = 1 / (1 + power);
    const p: f32 = value >= 0 ? large : power * large;
    f32.store(at(y + i), p);
    f32.store(at(dx + i), (p - target) * weight);
    loss += <f64>(max(value, <f32>0) - value * target + log1(1 + power));
  }
  return loss;
}

/** (x − target)². */
export function squaredError(x: i32, targets: i32, dx: i32, size: i32, weight: f32): f64 {
  let loss: f64 = 0;
  for (let i = 0; i < size; i++) {
    const distance = f32.load(at(x + i)) - f32.load(at(targets + i));
    f32.store(at(dx + i), distance * 2 * weight);
    loss += <f64>(distance * distance);
  }
  return loss;
}

/** |x − target|. */
export function absoluteError(x: i32, targets: i32, dx: i32, size: i32, weight: f32): f64 {
  let loss: f64 = 0;
  for (let i = 0; i < size; i++) {
    const distance = f32.load(at(x + i)) - f32.load(at(targets + i));
    f32.store(at(dx + i), distance > 0 ? weight : distance < 0 ? -weight : 0);
    loss += <f64>abs(distance);
  }
  return loss;
}

/** ½ d² for |d| ≤ delta, delta · (|d| − ½ delta) beyond. */
export function huberLoss(x: i32, targets: i32, dx: i32, size: i32, weight: f32, delta: f32): f64 {
  let loss: f64 = 0;
  for (let i = 0; i < size; i++) {
    const distance = f32.load(at(x + i)) - f32.load(at(targets + i));
    const bounded: f32 = max(min(distance, delta), -delta);
    f32.store(at(dx + i), bounded * weight);
    loss += <f64>(bounded * (distance - <f32>0.5 * bounded));
  }
  return loss;
}
