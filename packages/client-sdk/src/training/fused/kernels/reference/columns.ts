import type { ColumnKernels, ColumnNorm } from "../column-kernels.ts";
import { indexOf, type ReferenceMemory } from "./memory.ts";

const r = Math.fround;

/** The specification of the kernels that normalise columns. */
export function columnKernels(memory: ReferenceMemory): ColumnKernels {
  /** The value of a column in an array of columns; `absent` where the array is not there. */
  const of = (at: number, column: number, absent = 0): number =>
    at === 0 ? absent : memory.f[indexOf(at) + column]!;
  /** Sums what a function gives for each row of a column. */
  const sum = (rows: number, term: (row: number) => number): number => {
    let total = 0;
    for (let row = 0; row < rows; row++) total = r(total + term(row));
    return total;
  };
  /** Writes what a function gives for each place of a matrix. */
  const each = (
    { rows, columns }: Pick<ColumnNorm, "rows" | "columns">,
    to: number,
    value: (place: number, column: number) => number,
  ): void => {
    for (let place = 0; place < rows * columns; place++) {
      memory.f[indexOf(to) + place] = value(place, place % columns);
    }
  };
  /** A value of x, brought to mean 0 and variance 1. */
  const normal = ({ x, mean, inverse }: ColumnNorm, place: number, column: number): number =>
    r(r(of(x, place) - of(mean, column)) * of(inverse, column));
  return {
    columnMoments(x, rows, columns, mean, variance) {
      const { f } = memory;
      for (let column = 0; column < columns; column++) {
        const value = (row: number): number => of(x, row * columns + column);
        const middle = r(sum(rows, value) / rows);
        // A second pass over the distances: the mean of x² minus the square of the mean would lose
        // most digits where the mean is large.
        const squares = sum(rows, (row) => {
          const distance = r(value(row) - middle);
          return r(distance * distance);
        });
        f[indexOf(mean) + column] = middle;
        f[indexOf(variance) + column] = squares / rows;
      }
    },
    normalizeColumns(operands, y, gamma, beta) {
      each(operands, y, (place, column) => {
        const scaled = r(normal(operands, place, column) * of(gamma, column, 1));
        return beta === 0 ? scaled : r(scaled + of(beta, column));
      });
    },
    columnProducts(operands, dy, to) {
      const { rows, columns } = operands;
      for (let column = 0; column < columns; column++) {
        memory.f[indexOf(to) + column] = sum(rows, (row) => {
          const place = row * columns + column;
          return r(of(dy, place) * normal(operands, place, column));
        });
      }
    },
    normalizeColumnsGradient(operands, { dy, shift, tilt }, dx, gamma) {
      each(operands, dx, (place, column) => {
        const bent = r(normal(operands, place, column) * of(tilt, column));
        const inner = r(r(of(dy, place) - of(shift, column)) - bent);
        return r(r(inner * of(operands.inverse, column)) * of(gamma, column, 1));
      });
    },
  };
}
