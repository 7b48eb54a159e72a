// Rows of A that are multiplied together, in strips of up to five.
import { strip, stripSideBySide } from "./register-tiles";

/**
 * The height of the next strip when so many rows are left. 6 rows are faster as 3 + 3, 7 as 4 + 3
 * and 8 as 4 + 4 than with a strip of one to three left over.
 */
export function stripHeight(left: i32): i32 {
  if (left == 6) return 3;
  return left == 7 || left == 8 ? 4 : min(left, 5);
}

/**
 * Computes C = start + A·B for A [m, outer · inner]. The rows of A lie `aRow` apart; in each of
 * them, `outer` groups of `inner` values lie `aLine` apart, and the values of a group `aStep`. All
 * distances are in bytes.
 */
export function multiplyRows(
  a: usize,
  aRow: usize,
  aStep: usize,
  aLine: usize,
  inner: i32,
  outer: i32,
  b: usize,
  bStep: usize,
  bPanel: usize,
  c: usize,
  cRow: usize,
  start: usize,
  startRow: usize,
  m: i32,
  n: i32,
): void {
  while (m > 0) {
    const height = stripHeight(m);
    // Where the rows of A are neighbours in memory (A is a transpose), one pointer serves all.
    if (aRow == 4)
      stripSideBySide(
        height,
        a,
        aStep,
        aLine,
        inner,
        outer,
        b,
        bStep,
        bPanel,
        c,
        cRow,
        start,
        startRow,
        n,
      );
    else
      strip(
        height,
        a,
        a + aRow,
        a + 2 * aRow,
        a + 3 * aRow,
        a + 4 * aRow,
        aStep,
        aLine,
        inner,
        outer,
        b,
        bStep,
        bPanel,
        c,
        cRow,
        start,
        startRow,
        n,
      );
    const rows = <usize>height;
    a += aRow * rows;
    c += cRow * rows;
    start = start ? start + startRow * rows : 0;
    m -= height;
  }
}
