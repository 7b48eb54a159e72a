/**
 * What some metrics are computed from: a vector of sums over *answers*, which are the rows of a
 * model's outputs. F1 is not a mean of clients' F1; but the counts that it is computed from add up
 * over clients exactly.
 */
export interface Basis {
  /** One sentence for people. */
  readonly meaning: string;
  /**
   * The number of values.
   * @param width - What `answerWidth` says: 1 for answers of yes or no, otherwise the number of
   *   classes, or of numbers in an answer.
   */
  length(width: number): number;
  /** The number of answers that the values are about. */
  answers(values: BasisValues, width: number): number;
  /** Whether some answers have these values, which are finite and of the right number. */
  isPossible(values: BasisValues, width: number): boolean;
}

/** The values of one basis, of one client or added up over clients. */
export type BasisValues = ArrayLike<number>;

/** The sum of the values from index `from` to `to − 1`. */
export function sumOf(values: BasisValues, from: number = 0, to: number = values.length): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += values[i]!;
  return sum;
}

/** Whether all values are whole numbers ≥ 0, as counts are. */
export function areCounts(values: BasisValues): boolean {
  for (let i = 0; i < values.length; i++) {
    if (!Number.isSafeInteger(values[i]) || values[i]! < 0) return false;
  }
  return true;
}

/** The quotient, or 0 where there is nothing to divide by. */
export function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
