import { createKernelsSync, type CryptoProvider, type UpdateCodec } from "@tributary/protocol";
import { AccumulatorMemory } from "./accumulator-memory.ts";
import type { AggregationRule, CombinedUpdate } from "./aggregation-rule.ts";
import { createAggregationRule } from "./create-aggregation-rule.ts";
import { MAX_KERNEL_CONTRIBUTION } from "./exact-accumulator.ts";
import type { YieldTurn } from "./time-slice.ts";
import { updateForm, type AdderSpec, type UpdateForm } from "./update-form.ts";

/** Adds up the updates of one round, in the calling thread or in others. */
export interface UpdateAdder {
  /** Values in one update. */
  readonly dimension: number;
  /**
   * Checks a whole encoded update and then adds it. An update that is longer than the plan's clip
   * norm allows is scaled down first. If this fails, the sums have not changed.
   * @param payload - The encoded update; neither modified nor kept. The caller must not change it
   *   until this returns or, if this returns a promise, until the promise settles.
   * @param exampleCount - How many examples the update counts for; a whole number ≥ 1.
   * @throws TributaryError `UPDATE_SHAPE`, `UPDATE_MALFORMED`, `UPDATE_NOT_FINITE` or
   *   `UPDATE_OUT_OF_RANGE` when the update is not valid; `INTERNAL` when updates that had been
   *   added are lost. The error is thrown, or it rejects the promise.
   */
  add(payload: Uint8Array, exampleCount: number): void | Promise<void>;
  /**
   * Combines the updates into one, as `AggregationRule.combine` does. Every `add` must have settled
   * before.
   * @throws TributaryError `INTERNAL` when there are fewer updates than the rule needs, or when
   *   updates that had been added are lost.
   */
  combine(yieldTurn: YieldTurn): Promise<CombinedUpdate>;
  /** Forgets everything. What `combine` returned may not be used after that. Idempotent. */
  discard(): void;
}

/** Makes an adder for one round. */
export type OpenAdder = (spec: AdderSpec) => UpdateAdder;

/**
 * Returns a function that makes adders which work in the calling thread. They share the memory for
 * sums, which is used again from round to round.
 */
export function localAdders(crypto: CryptoProvider): OpenAdder {
  let memory: AccumulatorMemory | undefined;
  return (spec) => {
    memory ??= new AccumulatorMemory(createKernelsSync());
    const shared = memory;
    const form = updateForm(spec, shared.kernels);
    return new LocalAdder(form, shared, () =>
      createAggregationRule(spec.aggregation, crypto, form, shared),
    );
  };
}

/** Adds at once, in the thread that calls it. */
export class LocalAdder implements UpdateAdder {
  readonly dimension: number;
  readonly #codec: UpdateCodec;
  readonly #memory: AccumulatorMemory;
  readonly #createRule: () => AggregationRule;
  #rule: AggregationRule | undefined;

  /**
   * @param memory - In which the codec and the rule work.
   * @param createRule - Called when the first update is added, so that a round without updates
   *   takes no memory.
   */
  constructor(
    { codec, dimension }: UpdateForm,
    memory: AccumulatorMemory,
    createRule: () => AggregationRule,
  ) {
    this.#codec = codec;
    this.#memory = memory;
    this.dimension = dimension;
    this.#createRule = createRule;
  }

  add(payload: Uint8Array, exampleCount: number): void {
    // The kernel adds an update with this bound, so that the codec need not look for a smaller one.
    const enough = MAX_KERNEL_CONTRIBUTION / exampleCount;
    try {
      const { maxAbs } = this.#codec.validate(payload, this.dimension, enough);
      this.#requireRule().add(payload, { exampleCount, maxAbs });
    } finally {
      this.#memory.forgetUpdates();
    }
  }

  combine(yieldTurn: YieldTurn): Promise<CombinedUpdate> {
    return this.#requireRule().combine(yieldTurn);
  }

  discard(): void {
    this.#rule?.discard();
    this.#rule = undefined;
  }

  #requireRule(): AggregationRule {
    return (this.#rule ??= this.#createRule());
  }
}
