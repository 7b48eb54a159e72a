// Sums of columns, and transposes.
import { bytes } from "./address";

/**
 * Adds up each column, from the first row to the last. Four columns at a time while there are four.
 */
export function columnSums(from: usize, rows: i32, columns: i32, to: usize): void {
  const step = bytes(columns);
  // A lane is a column of its own, so the order of each sum stays that of the rows.
  let column = 0;
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
  for (let row = 0; row < rows; row++) {
    // A row of `from` becomes a column of `to`.
    let source = from + bytes(row * fromRow),
      target = to + bytes(row);
    for (let column = 0; column < columns; column++) {
      f32.store(target, f32.load(source));
      source += 4;
      target += bytes(toRow);
    }
  }
}
