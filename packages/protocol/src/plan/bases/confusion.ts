import { areCounts, share, sumOf, type Basis, type BasisValues } from "./basis.ts";

/** How well a model knows one class. */
export interface ClassFigures {
  /** Of the answers that name the class, the share that is right; 0 when none names it. */
  readonly precision: number;
  /** Of the answers that should name the class, the share that does; 0 when there are none. */
  readonly recall: number;
  /** The harmonic mean of precision and recall; 0 when both are. */
  readonly f1: number;
  /** The number of answers that should name the class. */
  readonly support: number;
}

/** The number of classes that answers tell apart: no and yes, or those of the model. */
const classCount = (width: number): number => Math.max(2, width);

/**
 * How often each class was taken for each: the value at `truth · classes + answer` counts answers.
 * Of answers with yes or no, class 0 is no and class 1 is yes.
 */
export const CONFUSION: Basis = {
  meaning: "How often each class was taken for each.",
  length: (width) => classCount(width) ** 2,
  answers: (values) => sumOf(values),
  isPossible: (values) => areCounts(values),
};

/** The rows of the matrix: one for each true class, with a count for each answer. */
export function confusionRows(values: BasisValues): number[][] {
  const classes = Math.sqrt(values.length);
  const all = Array.from(values);
  return Array.from({ length: classes }, (_, row) => all.slice(row * classes, (row + 1) * classes));
}

/** The figures of each class, in the order of the classes. */
export function classFigures(values: BasisValues): ClassFigures[] {
  const rows = confusionRows(values);
  return rows.map((row, index) => {
    const right = row[index]!;
    const named = rows.reduce((sum, other) => sum + other[index]!, 0);
    const support = sumOf(row);
    return {
      precision: share(right, named),
      recall: share(right, support),
      f1: share(2 * right, named + support),
      support,
    };
  });
}

/**
 * One figure for all classes, as scikit-learn has it: of answers with yes or no that of yes
 * (`average="binary"`), otherwise the mean over the classes that occur among truths or answers
 * (`average="macro"`).
 */
export function overClasses(
  figure: "precision" | "recall" | "f1",
): (values: BasisValues, width: number) => number {
  return (values, width) => {
    const figures = classFigures(values);
    if (width === 1) return figures[1]![figure];
    const rows = confusionRows(values);
    const occurring = figures.filter(
      ({ support }, index) => support > 0 || rows.some((row) => row[index]! > 0),
    );
    return share(
      occurring.reduce((sum, one) => sum + one[figure], 0),
      occurring.length,
    );
  };
}
