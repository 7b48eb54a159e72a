// Normalisation over rows, and scaling of columns.
import { at } from "./multiply";

/** y = (x − mean) / √(variance + ε) of each row, · gamma + beta; `stats` keeps mean and 1 / √ of each row. */
export function layerNorm(
  x: i32, y: i32, stats: i32, gamma: i32, beta: i32, rows: i32, columns: i32, epsilon: f32,
): void {
  const count = <f32>columns;
  for (let row = 0; row < rows; row++) {
    const from = at(x + row * columns), to = at(y + row * columns);
    let sum: f32 = 0, squares: f32 = 0;
    for (let i = 0; i < columns; i++) sum += f32.load(from + at(i));
    const mean = sum / count;
    for (let i = 0; i < columns; i++) {
      const distance = f32.load(from + at(i)) - mean;
      squares += distance * distance;
    }
    const inverse: f32 = 1 / sqrt<f32>(squares / count + epsilon);
    f32.store(at(stats + 2 * row), mean);
    f32.store(at(stats + 2 * row), inverse, 4);
    for (let i = 0; i < columns; i++) {
      let value: f32 = (f32.load(from + at(i)) - mean) * inverse;
      if (gamma) value = value * f32.load(at(gamma + i));
      if (beta) value = value + f32.load(at(beta + i));
      f32.store(to + at(i), value);
    }
  }
}

/** dx of `layerNorm`, from its input and what it kept. */
export function layerNormGradient(
  x: i32, stats: i32, gamma: i32, dy: i32, dx: i32, rows: i32, columns: i32,
): void {
  const count = <f32>columns;
  for (let row = 0; row < rows; row++) {
    const from = at(x + row * columns), slope = at(dy + row * columns), to = at(dx + row * columns);
    const mean = f32.load(at(stats + 2 * row)), inverse = f32.load(at(stats + 2 * row), 4);
    let sum: f32 = 0, along: f32 = 0;
    for (let i = 0; i < columns; i++) {
      const d: f32 = gamma ? f32.load(slope + at(i)) * f32.load(at(gamma + i)) : f32.load(slope + at(i));
      sum += d;
      along += d * ((f32.load(from + at(i)) - mean) * inverse);
    }
    const shift = sum / count, tilt = along / count;
    for (let i = 0; i < columns; i++) {
      const d: f32 = gamma ? f32.load(slope + at(i)) * f32.load(at(gamma + i)) : f32.load(slope + at(i));
      const value: f32 = (f32.load(from + at(i)) - mean) * inverse;
      f32.store(to + at(i), (d - shift - value * tilt) * inverse);
    }
  }
}

/** gamma's gradient: Σ over rows of dy · (x − mean) / √. */
export function layerNormScaleGradient(
  x: i32, stats: i32, dy: i32, gradient: i32, rows: i32, columns: i32,
): void {
  for (let i = 0; i < columns; i++) {
    let sum: f32 = 0;
    for (let row = 0; row < rows; row++) {
      const mean = f32.load(at(stats + 2 * row)), inverse = f32.load(at(stats + 2 * row), 4);
      const value: f32 = (f32.load(at(x + row * columns + i)) - mean) * inverse;
      sum += f32.load(at(dy + row * columns + i)) * value;
    }
    f32.store(at(gradient + i), sum);
  }
}

/** y = x · factor + term of each column; a `term` of 0 stands for zeros. */
export function scaleColumns(x: i32, y: i32, factor: i32, term: i32, rows: i32, columns: i32): void {
  for (let row = 0; row < rows; row++) {
    const from = at(x + row * columns), to = at(y + row * columns);
    for (let i = 0; i < columns; i++) {
      let value: f32 = f32.load(from + at(i)) * f32.load(at(factor + i));
      if (term) value = value + f32.load(at(term + i));
      f32.store(to + at(i), value);
    }
  }
}
