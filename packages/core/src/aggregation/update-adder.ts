import {
  createKernelsSync,
  updateCodec,
  type AggregationSpec,
  type CryptoProvider,
  type UpdateCodec,
  type UpdateSpec,
} from "@tributary/protocol";
import { AccumulatorMemory } from "./accumulator-memory.ts";
import type { AggregationRule, CombinedUpdate } from "./aggregation-rule.ts";
import { createAggregationRule } from "./create-aggregation-rule.ts";
import { MAX_CONTRIBUTION } from "./exact-accumulator.ts";
import type { YieldTurn } from "./time-slice.ts";

/** Adds up the updates of one round: in this thread, or in others. */
export interface UpdateAdder {
  /** Values in one update. */
  readonly dimension: number;
  /**
   * Checks an encoded update whole and then adds it whole: after an error nothing has changed.
   * @param payload - Neither modified nor kept, but not to be touched before the adder is done with it: when this returns or,
   *   where it returns a promise, when that settles.
   * @param exampleCount - Whole, ≥ 1.
   * @throws TributaryError `UPDATE_SHAPE`, `UPDATE_MALFORMED`, `UPDATE_NOT_FINITE` or `UPDATE_OUT_OF_RANGE`, thrown or as the
   *   promise's rejection; `INTERNAL` when what had been added is lost.
   */
  add(payload: Uint8Array, exampleCount: number): void | Promise<void>;
  /**
   * What the updates come to; as `AggregationRule.combine`. All that is being added must be done.
   * @throws TributaryError `INTERNAL`, also when something of what had been added is lost.
   */
  combine(yieldTurn: YieldTurn): Promise<CombinedUpdate>;
  /** Forgets everything; what `combine` gave is not to be used any more. Idempotent. */
  discard(): void;
}

/** What an adder has to know of a plan. */
export interface AdderSpec {
  readonly update: UpdateSpec;
  readonly aggregation: AggregationSpec;
  readonly dimension: number;
}

/** Opens an adder for one round. */
export type OpenAdder = (spec: AdderSpec) => UpdateAdder;

/** Adders that work where they are called. They share memory for sums, which is used again from round to round. */
export function localAdders(crypto: CryptoProvider): OpenAdder {
  let memory: AccumulatorMemory | undefined;
  return ({ update, aggregation, dimension }) => {
    memory ??= new AccumulatorMemory(createKernelsSync());
    const shared = memory;
    const codec = updateCodec(update, shared.kernels);
    return new LocalAdder(codec, dimension, () =>
      createAggregationRule(aggregation, crypto, codec, dimension, shared),
    );
  };
}

/** Adds where it is called, at once. */
export class LocalAdder implements UpdateAdder {
  readonly dimension: number;
  readonly #codec: UpdateCodec;
  readonly #createRule: () => AggregationRule;
  #rule: AggregationRule | undefined;

  /** @param createRule - Called before the first update is added: a round that has none takes no memory. */
  constructor(codec: UpdateCodec, dimension: number, createRule: () => AggregationRule) {
    this.#codec = codec;
    this.dimension = dimension;
    this.#createRule = createRule;
  }

  add(payload: Uint8Array, exampleCount: number): void {
    const enough = MAX_CONTRIBUTION / exampleCount;
    const { maxAbs } = this.#codec.validate(payload, this.dimension, enough);
    this.#requireRule().add(payload, { exampleCount, maxAbs });
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
