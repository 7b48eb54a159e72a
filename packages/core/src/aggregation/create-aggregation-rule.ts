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
import { coordinateMedian, trimmedMean } from "./coordinate-rules.ts";
import { HeldUpdates } from "./held-updates.ts";
import { bulyan, multiKrum } from "./krum.ts";
import { NormBoundedMean, WeightedMean } from "./mean-rules.ts";
import { NEIGHBOURHOOD_BYTES } from "./neighbourhoods.ts";
import { TimeSlice, type YieldTurn } from "./time-slice.ts";

/**
 * The rule of a plan, for one round. A new rule is a variant of `AggregationSpec` and a case here.
 * @param memory - Where sums are kept; memory of its own if left out.
 */
export function createAggregationRule(
  spec: AggregationSpec,
  crypto: CryptoProvider,
  codec: UpdateCodec,
  dimension: number,
  memory?: AccumulatorMemory,
): AggregationRule {
  if (keepsSumsOnly(spec)) {
    return createSumRule(spec, codec, dimension, memory);
  }
  return new HeldRule(spec, new HeldUpdates(crypto, codec, dimension, memory));
}

/** The rules that keep nothing but sums. */
export type SumSpec = Extract<AggregationSpec, { readonly rule: "mean" | "normBound" }>;

/** Makes one of the rules that keep nothing but sums, so that its partial sums can be merged. */
export function createSumRule(
  spec: SumSpec,
  codec: UpdateCodec,
  dimension: number,
  memory?: AccumulatorMemory,
): SumRule {
  switch (spec.rule) {
    case "mean":
      return new WeightedMean(codec, dimension, memory);
    case "normBound":
      return new NormBoundedMean(codec, dimension, spec.maximumNorm, memory);
  }
}

/** Whether the rule keeps nothing but sums. */
export function keepsSumsOnly(spec: AggregationSpec): spec is SumSpec {
  return spec.rule === "mean" || spec.rule === "normBound";
}

/** The rules that look at all updates at once. */
type HeldSpec = Exclude<AggregationSpec, SumSpec>;

/**
 * Most bytes that a rule takes for a round besides the sums; 0 for those that keep sums only.
 * @param reports - Most that a round takes.
 */
export function heldBytes(
  spec: AggregationSpec,
  reports: number,
  codec: UpdateCodec,
  dimension: number,
): number {
  const row = 4 * Math.min(dimension, UPDATE_BLOCK_VALUES);
  const held = reports * (codec.payloadBytes(dimension).max + row);
  switch (spec.rule) {
    case "mean":
    case "normBound":
      return 0;
    case "median":
    case "trimmedMean":
      return held;
    case "krum":
    case "multiKrum":
    case "bulyan":
      return held + reports * (row + reports * NEIGHBOURHOOD_BYTES);
  }
}

/** Holds the updates until the round is combined. */
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
    return combineHeld(this.#spec, this.#held, new TimeSlice(yieldTurn));
  }

  discard(): void {
    this.#held.discard();
  }
}

function combineHeld(spec: HeldSpec, held: HeldUpdates, slice: TimeSlice): Promise<CombinedUpdate> {
  switch (spec.rule) {
    case "median":
      return coordinateMedian(held, slice);
    case "trimmedMean":
      return trimmedMean(held, spec.byzantine, slice);
    case "krum":
      return multiKrum(held, spec.byzantine, 1, slice);
    case "multiKrum":
      return multiKrum(
        held,
        spec.byzantine,
        spec.selected ?? held.count - spec.byzantine - 2,
        slice,
      );
    case "bulyan":
      return bulyan(held, spec.byzantine, slice);
  }
}
