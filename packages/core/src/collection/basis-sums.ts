import { BASES, type BasisForm, type BasisName, type MetricBasis } from "@tributary/protocol";
import { ExactTotal } from "../aggregation/exact-total.ts";

/** What one round has of one basis. */
interface Sums {
  readonly form: BasisForm;
  readonly totals: readonly ExactTotal[];
}

/**
 * Adds up what reports give of the bases of metrics. The answers of a report count together for as
 * many examples as the report does, so that a claim cannot count for more than it was capped at. The
 * sums are exact, and so independent of the order of the reports.
 */
export class BasisSums {
  readonly #sums: ReadonlyMap<BasisName, Sums>;

  constructor(forms: readonly BasisForm[]) {
    this.#sums = new Map(
      forms.map((form) => [
        form.name,
        { form, totals: Array.from({ length: form.length }, () => new ExactTotal()) },
      ]),
    );
  }

  /**
   * @param weight - For how many examples the report counts; ≥ 1.
   * @param bases - Those of the round's form, as `areBases` has checked them.
   */
  add(weight: number, bases: readonly MetricBasis[]): void {
    for (const { name, values } of bases) {
      const sums = this.#sums.get(name as BasisName);
      if (sums === undefined) continue;
      const answers = BASES[sums.form.name].answers(values, sums.form.width);
      if (answers === 0) continue;
      const factor = weight / answers;
      for (const [index, total] of sums.totals.entries()) total.add(factor * values[index]!);
    }
  }

  /** What has been added up, for each basis of the round's form. */
  get values(): readonly MetricBasis[] {
    return [...this.#sums.values()].map(({ form, totals }) => ({
      name: form.name,
      values: totals.map(({ value }) => value),
    }));
  }
}

/** Whether a report has the bases of the round's form, with values that some answers have. */
export function areBases(bases: readonly MetricBasis[], forms: readonly BasisForm[]): boolean {
  return (
    bases.length === forms.length &&
    forms.every(({ name, width, length }) => {
      const values = bases.find((basis) => basis.name === name)?.values;
      if (values?.length !== length || !values.every(isModest)) return false;
      return BASES[name].isPossible(values, width);
    })
  );
}

/** No sum over a report is larger: a square of a float32 is below it, for any number of answers. */
const LARGEST = 1e90;

const isModest = (value: number): boolean => Math.abs(value) <= LARGEST;
