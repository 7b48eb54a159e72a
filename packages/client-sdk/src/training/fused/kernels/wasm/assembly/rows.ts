// Sums of columns, and transposes.
import { bytes } from "./address";

/**
 * Adds up each column, from the first row to the last. Sixteen columns at a time while there are as
 * many, which is a cache line, and then four.
 */
export function columnSums(from: usize, rows: i32, columns: i32, to: usize): void {
  const step = bytes(columns);
  // A lane is a column of its own, so the order of each sum stays that of the rows.
  let column = 0;
  for (; column + 16 <= columns; column += 16) {
    let p = from + bytes(column),
      s0 = f32x4.splat(0),
      s1 = s0,
      s2 = s0,
      s3 = s0;
    for (let row = 0; row < rows; row++) {
      s0 = f32x4.add(s0, v128.load(p));
      s1 = f32x4.add(s1, v128.load(p, 16));
      s2 = f32x4.add(s2, v128.load(p, 32));
      s3 = f32x4.add(s3, v128.load(p, 48));
      p += step;
    }
    const o = to + bytes(column);
    v128.store(o, s0);
    v128.store(o, s1, 16);
    v128.store(o, s2, 32);
    v128.store(o, s3, 48);
  }
  for (; column + 4 <= columns; column += 4) {
    let p = from + bytes(column),
      sum = f32x4.splat(0);
    for (let row = 0; row < rows; row++) {
      sum = f32x4.add(sum, v128.load(p));
      p += step;
    }
    v128.store(to + bytes(column), sum);
  }
  // The columns that are left over, one by one.
  for (; column < columns; column++) {
    let p = from + bytes(column),
      sum: f32 = 0;
    for (let row = 0; row < rows; row++) {
      sum += f32.load(p);
      p += step;
    }
    f32.store(to + bytes(column), sum);
  }
}

/** Writes to[j, i] = from[i, j]. Rows of both may lie apart. */
export function transpose(
  from: usize,
  fromRow: i32,
  to: usize,
  toRow: i32,
  rows: i32,
  columns: i32,
): void {
  const step = bytes(fromRow),
    leap = bytes(toRow);
  let row = 0;
  for (; row + 4 <= rows; row += 4) {
    let source = from + bytes(row * fromRow),
      target = to + bytes(row),
      column = 0;
    for (; column + 4 <= columns; column += 4, source += 16, target += 4 * leap)
      turnSquare(source, step, target, leap);
    for (; column < columns; column++, source += 4, target += leap) {
      for (let i = 0; i < 4; i++) f32.store(target + bytes(i), f32.load(source + step * i));
    }
  }
  for (; row < rows; row++) {
    // A row of `from` becomes a column of `to`.
    let source = from + bytes(row * fromRow),
      target = to + bytes(row);
    for (let column = 0; column < columns; column++, source += 4, target += leap)
      f32.store(target, f32.load(source));
  }
}

/** Transposes four rows and columns. Distances between rows are in bytes. */
function turnSquare(from: usize, step: usize, to: usize, leap: usize): void {
  const a = v128.load(from),
    b = v128.load(from + step),
    c = v128.load(from + 2 * step),
    d = v128.load(from + 3 * step);
  // The first two columns of rows a and b, and of c and d; then the last two.
  const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5),
    cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5),
    abLast = v128.shuffle<f32>(a, b, 2, 6, 3, 7),
    cdLast = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(ab, cd, 0, 1, 4, 5));
  v128.store(to + leap, v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
  v128.store(to + 2 * leap, v128.shuffle<f32>(abLast, cdLast, 0, 1, 4, 5));
  v128.store(to + 3 * leap, v128.shuffle<f32>(abLast, cdLast, 2, 3, 6, 7));
}
