// Kernels that normalise columns. Where there are four columns, four go at a time: a lane is a
// column of its own, so the order of each sum stays that of the rows.
import { bytes } from "./address";

/** Writes the mean of each column, and the mean square of the distances from it. */
export function columnMoments(
  x: usize,
  rows: i32,
  columns: i32,
  mean: usize,
  variance: usize,
): void {
  const step = bytes(columns),
    count = <f32>rows,
    end = x + step * <usize>rows;
  let column = 0;
  for (; column + 4 <= columns; column += 4) {
    const first = x + bytes(column);
    let sum = f32x4.splat(0),
      squares = f32x4.splat(0);
    for (let p = first; p < end; p += step) sum = f32x4.add(sum, v128.load(p));
    const middle = f32x4.div(sum, f32x4.splat(count));
    for (let p = first; p < end; p += step) {
      const distance = f32x4.sub(v128.load(p), middle);
      squares = f32x4.add(squares, f32x4.mul(distance, distance));
    }
    v128.store(mean + bytes(column), middle);
    v128.store(variance + bytes(column), f32x4.div(squares, f32x4.splat(count)));
  }
  for (; column < columns; column++) {
    const first = x + bytes(column);
    let sum: f32 = 0,
      squares: f32 = 0;
    for (let p = first; p < end; p += step) sum += f32.load(p);
    const middle = sum / count;
    for (let p = first; p < end; p += step) {
      const distance = f32.load(p) - middle;
      squares += distance * distance;
    }
    f32.store(mean + bytes(column), middle);
    f32.store(variance + bytes(column), squares / count);
  }
}

/** Computes y = (x − mean) · inverse · gamma + beta. An address of 0 stands for none. */
export function normalizeColumns(
  x: usize,
  mean: usize,
  inverse: usize,
  rows: i32,
  columns: i32,
  y: usize,
  gamma: usize,
  beta: usize,
): void {
  for (let row = 0; row < rows; row++) {
    let i: usize = 0;
    const end = bytes(columns);
    for (; i + 16 <= end; i += 16) {
      let value = f32x4.mul(
        f32x4.sub(v128.load(x + i), v128.load(mean + i)),
        v128.load(inverse + i),
      );
      if (gamma) value = f32x4.mul(value, v128.load(gamma + i));
      if (beta) value = f32x4.add(value, v128.load(beta + i));
      v128.store(y + i, value);
    }
    for (; i < end; i += 4) {
      let value: f32 = (f32.load(x + i) - f32.load(mean + i)) * f32.load(inverse + i);
      if (gamma) value = value * f32.load(gamma + i);
      if (beta) value = value + f32.load(beta + i);
      f32.store(y + i, value);
    }
    x += end;
    y += end;
  }
}

/** Writes Σ dy · (x − mean) · inverse for each column. */
export function columnProducts(
  x: usize,
  mean: usize,
  inverse: usize,
  rows: i32,
  columns: i32,
  dy: usize,
  to: usize,
): void {
  const step = bytes(columns),
    end = step * <usize>rows;
  let i: usize = 0;
  for (; i + 16 <= step; i += 16) {
    const middle = v128.load(mean + i),
      factor = v128.load(inverse + i);
    let sum = f32x4.splat(0);
    for (let p = i; p < end; p += step) {
      const normal = f32x4.mul(f32x4.sub(v128.load(x + p), middle), factor);
      sum = f32x4.add(sum, f32x4.mul(v128.load(dy + p), normal));
    }
    v128.store(to + i, sum);
  }
  for (; i < step; i += 4) {
    const middle = f32.load(mean + i),
      factor = f32.load(inverse + i);
    let sum: f32 = 0;
    for (let p = i; p < end; p += step)
      sum += f32.load(dy + p) * ((f32.load(x + p) - middle) * factor);
    f32.store(to + i, sum);
  }
}

/** Computes dx = (dy − shift − n · tilt) · inverse · gamma, where n = (x − mean) · inverse. */
export function normalizeColumnsGradient(
  x: usize,
  mean: usize,
  inverse: usize,
  rows: i32,
  columns: i32,
  dy: usize,
  shift: usize,
  tilt: usize,
  dx: usize,
  gamma: usize,
): void {
  for (let row = 0; row < rows; row++) {
    let i: usize = 0;
    const end = bytes(columns);
    for (; i + 16 <= end; i += 16) {
      const factor = v128.load(inverse + i);
      const normal = f32x4.mul(f32x4.sub(v128.load(x + i), v128.load(mean + i)), factor);
      const level = f32x4.sub(v128.load(dy + i), v128.load(shift + i));
      const inner = f32x4.sub(level, f32x4.mul(normal, v128.load(tilt + i)));
      let value = f32x4.mul(inner, factor);
      if (gamma) value = f32x4.mul(value, v128.load(gamma + i));
      v128.store(dx + i, value);
    }
    for (; i < end; i += 4) {
      const factor = f32.load(inverse + i);
      const normal = (f32.load(x + i) - f32.load(mean + i)) * factor;
      const inner = f32.load(dy + i) - f32.load(shift + i) - normal * f32.load(tilt + i);
      let value: f32 = inner * factor;
      if (gamma) value = value * f32.load(gamma + i);
      f32.store(dx + i, value);
    }
    x += end;
    dy += end;
    dx += end;
  }
}
