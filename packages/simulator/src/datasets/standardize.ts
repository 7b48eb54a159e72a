/**
 * Shifts and scales every column to mean 0 and standard deviation 1 (with divisor n). It uses only
 * the given rows, so a client can do it without knowing the data of others. A constant column
 * becomes 0.
 * @param values - Row-major, shape [rows, columns]; changed in place.
 */
export function standardizeColumns(values: Float32Array, columns: number): void {
  const rows = values.length / columns;
  for (let column = 0; column < columns; column++) {
    let sum = 0;
    for (let i = column; i < values.length; i += columns) sum += values[i]!;
    const mean = sum / rows;
    let squares = 0;
    for (let i = column; i < values.length; i += columns) squares += (values[i]! - mean) ** 2;
    const scale = squares === 0 ? 0 : 1 / Math.sqrt(squares / rows);
    for (let i = column; i < values.length; i += columns) {
      values[i] = (values[i]! - mean) * scale;
    }
  }
}
