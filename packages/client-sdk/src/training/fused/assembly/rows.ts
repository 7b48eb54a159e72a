// What works on whole rows: sums of columns, transposes.
import { at } from "./multiply";

/** to[column] = start + Σ over rows, in their order. `start` 0 stands for zeros. */
export function columnSums(from: i32, rows: i32, columns: i32, to: i32): void {
  const step = at(columns);
  let column = 0;
  for (; column + 4 <= columns; column += 4) {
    let p = at(from + column), sum = f32x4.splat(0);
    for (let row = 0; row < rows; row++) { sum = f32x4.add(sum, v128.load(p)); p += step; }
    v128.store(at(to + column), sum);
  }
  for (; column < columns; column++) {
    let p = at(from + column), sum: f32 = 0;
    for (let row = 0; row < rows; row++) { sum += f32.load(p); p += step; }
    f32.store(at(to + column), sum);
  }
}

/** to[j, i] = from[i, j]; rows of both may lie apart. */
export function transpose(from: i32, fromRow: i32, to: i32, toRow: i32, rows: i32, columns: i32): void {
  for (let row = 0; row < rows; row++) {
    let source = at(from + row * fromRow), target = at(to + row);
    for (let column = 0; column < columns; column++) {
      f32.store(target, f32.load(source));
      source += 4; target += at(toRow);
    }
  }
}
