import {
  TributaryError,
  UPDATE_BLOCK_VALUES,
  asTributaryError,
  reportsNeeded,
  type AggregationSpec,
  type CryptoProvider,
  type UpdateCodec,
} from "@tributary/protocol";
import type { AccumulatorMemory } from "./accumulator-memory.ts";
import type {
  AggregationRule,
  CheckedUpdate,
  CombinedUpdate,
  SumRule,
} from "./aggregation-rule.ts";
import { HeldUpdates } from "./held-updates.ts";
import {
  heldRule,
  keepsSumsOnly,
  sumRule,
  type HeldSpec,
  type SumSpec,
} from "./rule-implementations.ts";
import { TimeSlice, type YieldTurn } from "./time-slice.ts";
import type { UpdateForm } from "./update-form.ts";

/**
 * Makes the aggregation rule that a plan names, for one round.
 * @param crypto - Hashes updates, for the rules that sort them by their content.
 * @param memory - Holds the sums; memory of its own if left out.
 */
export function createAggregationRule(
  spec: AggregationSpec,
  crypto: CryptoProvider,
  form: UpdateForm,
  memory?: AccumulatorMemory,
): AggregationRule {
  if (keepsSumsOnly(spec)) return createSumRule(spec, form, memory);
  return new HeldRule(spec, new HeldUpdates(crypto, form, memory));
}

/**
 * Makes a rule that keeps only sums, for the reports of one round or for a part of them.
 * @param memory - Holds the sums; memory of its own if left out.
 */
export function createSumRule(
  spec: SumSpec,
  form: UpdateForm,
  memory?: AccumulatorMemory,
): SumRule {
  return sumRule(spec).create(spec, form, memory);
}

/**
 * Returns the largest number of bytes that a rule holds for a round besides its sums. It is 0 for a
 * rule that keeps only sums.
 * @param reports - The largest number of reports in a round.
 */
export function heldBytes(
  spec: AggregationSpec,
  reports: number,
  codec: UpdateCodec,
  dimension: number,
): number {
  if (keepsSumsOnly(spec)) return 0;
  const row = 4 * Math.min(dimension, UPDATE_BLOCK_VALUES);
  const perUpdate = codec.payloadBytes(dimension).max + row;
  return reports * (perUpdate + heldRule(spec).bytesPerUpdate(reports, row));
}

/** Holds the updates of a round until they are combined. */
class HeldRule implements AggregationRule {
  readonly dimension: number;
  readonly #spec: HeldSpec;
  readonly #held: HeldUpdates;

  constructor(spec: HeldSpec, held: HeldUpdates) {
    this.dimension = held.dimension;
    this.#spec = spec;
    this.#held = held;
  }

  add(payload: Uint8Array, { maxAbs }: { readonly maxAbs: number }): void {
    this.#held.add(payload, maxAbs);
  }

  addAll(updates: readonly CheckedUpdate[]): readonly (TributaryError | undefined)[] {
    return updates.map(({ payload, maxAbs }) => {
      try {
        this.#held.add(payload, maxAbs);
        return undefined;
      } catch (error) {
        return asTributaryError(error);
      }
    });
  }

  async combine(yieldTurn: YieldTurn): Promise<CombinedUpdate> {
    const { count } = this.#held;
    const needed = reportsNeeded(this.#spec);
    if (count < needed) {
      throw new TributaryError(
        "INTERNAL",
        `The rule ${this.#spec.rule} needs ${needed} reports and the round has ${count}`,
      );
    }
    this.#held.sortByContent();
    const slice = new TimeSlice(yieldTurn);
    return heldRule(this.#spec).combine(this.#spec, this.#held, slice);
  }

  discard(): void {
    this.#held.discard();
  }
}
