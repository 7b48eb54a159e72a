import { share, sumOf, type Basis, type BasisValues } from "./basis.ts";

/** What rounding may make of two sums that are equal. */
const ROUNDING = 1e-9;

/**
 * Sums over answers with numbers: how many there are, and then for each number of an answer the sum
 * of the labels, of their squares, and of the squared differences of output and label. Labels are
 * float32, so that a square is exact in float64. The variance that is made of them is precise unless
 * labels differ by less than a hundred-thousandth of their size.
 */
export const RESIDUALS: Basis = {
  meaning: "Sums of labels, of their squares and of the squared errors.",
  length: (width) => 1 + 3 * width,
  answers: (values) => values[0]!,
  isPossible(values, width) {
    const [answers = 0] = Array.from(values);
    if (!Number.isSafeInteger(answers) || answers < 0) return false;
    for (let i = 0; i < width; i++) {
      const { labels, squares, errors } = sumsAt(values, i);
      if (squares < 0 || errors < 0) return false;
      // The square of a mean is at most the mean of the squares (Cauchy and Schwarz).
      if (labels ** 2 > answers * squares * (1 + ROUNDING)) return false;
    }
    return true;
  },
};

function sumsAt(
  values: BasisValues,
  index: number,
): { readonly labels: number; readonly squares: number; readonly errors: number } {
  const at = 1 + 3 * index;
  return { labels: values[at]!, squares: values[at + 1]!, errors: values[at + 2]! };
}

/**
 * R², the share of the labels' variance that the outputs explain: 1 − Σ(y − ŷ)² / Σ(y − ȳ)². Of
 * answers with several numbers it is the mean over them. Where labels do not differ it is 1 for
 * outputs without an error, and 0 for others, as in scikit-learn's `r2_score`.
 */
export function explainedShare(values: BasisValues, width: number): number {
  const answers = values[0]!;
  let sum = 0;
  for (let i = 0; i < width; i++) {
    const { labels, squares, errors } = sumsAt(values, i);
    const spread = Math.max(0, squares - share(labels ** 2, answers));
    if (spread > 0) sum += 1 - errors / spread;
    else sum += errors === 0 ? 1 : 0;
  }
  return sum / width;
}

/** The root of the mean of the squared differences of outputs and labels. */
export function rootMeanSquare(values: BasisValues, width: number): number {
  const errors = Array.from({ length: width }, (_, i) => sumsAt(values, i).errors);
  return Math.sqrt(share(sumOf(errors), values[0]! * width));
}
