import {
  AccumulatorMemory,
  createSumRule,
  keepsSumsOnly,
  updateForm,
  type OpenAdder,
  type PartialSum,
  type SumRule,
} from "@tributary/core";

/**
 * The sums of a round whose updates workers add up. A round's adder gets reports without updates from
 * them, and what they have added up here.
 */
export class MergedSums {
  readonly #openOther: OpenAdder;
  readonly #memory = new AccumulatorMemory();
  #rule: SumRule | undefined;

  /** @param openOther - Opens the adder of a rule that needs every single update. */
  constructor(openOther: OpenAdder) {
    this.#openOther = openOther;
  }

  /** Opens the adder of a round. One round has sums at a time. */
  readonly open: OpenAdder = (spec) => {
    const { aggregation, dimension } = spec;
    if (!keepsSumsOnly(aggregation)) return this.#openOther(spec);
    const memory = this.#memory;
    const rule = createSumRule(aggregation, updateForm(spec, memory.kernels), memory);
    this.#rule = rule;
    return {
      dimension,
      add: () => {},
      combine: (yieldTurn) => rule.combine(yieldTurn),
      discard: () => rule.discard(),
    };
  };

  /** Adds what workers have added up for the round. */
  merge(sums: readonly PartialSum[]): void {
    for (const partial of sums) this.#rule!.merge(partial);
  }
}
