import type { UpdateCodec } from "@tributary/protocol";
import type { AggregationRule, CombinedUpdate } from "./aggregation-rule.ts";
import { ExactAccumulator } from "./exact-accumulator.ts";

/** Σ n_k Δ_k / Σ n_k: what federated averaging means by a mean. Keeps sums only, nothing of a single update. */
export class WeightedMean implements AggregationRule {
  readonly dimension: number;
  readonly #codec: UpdateCodec;
  readonly #sums: ExactAccumulator;
  #weight = 0;

  constructor(codec: UpdateCodec, dimension: number) {
    this.#codec = codec;
    this.dimension = dimension;
    this.#sums = new ExactAccumulator(dimension);
  }

  add(
    payload: Uint8Array,
    { exampleCount, maxAbs }: { readonly exampleCount: number; readonly maxAbs: number },
  ): void {
    this.#sums.reserve(exampleCount * maxAbs);
    this.#codec.decode(payload, this.dimension, (block, offset) => {
      this.#sums.add(block, offset, exampleCount);
    });
    this.#weight += exampleCount;
  }

  combine(): Promise<CombinedUpdate> {
    return Promise.resolve({ sums: this.#sums, weight: this.#weight });
  }

  discard(): void {}
}

/**
 * Norm bounding: (1/n) Σ Δ_k · min(1, M/‖Δ_k‖₂). No report moves the mean by more than M/n, whatever it holds, so each counts
 * once: a claimed number of examples is no way around the bound. Keeps sums only.
 * @see arXiv:1911.07963, §5 (norm thresholding of updates)
 */
export class NormBoundedMean implements AggregationRule {
  readonly dimension: number;
  readonly #codec: UpdateCodec;
  readonly #maximumNorm: number;
  readonly #sums: ExactAccumulator;
  #count = 0;

  /** @param maximumNorm - M, weight units; > 0. */
  constructor(codec: UpdateCodec, dimension: number, maximumNorm: number) {
    this.#codec = codec;
    this.dimension = dimension;
    this.#maximumNorm = maximumNorm;
    this.#sums = new ExactAccumulator(dimension);
  }

  add(payload: Uint8Array, { maxAbs }: { readonly maxAbs: number }): void {
    let squares = 0;
    this.#codec.decode(payload, this.dimension, (block) => {
      for (let i = 0; i < block.length; i++) squares += block[i]! * block[i]!;
    });
    const norm = Math.sqrt(squares);
    const factor = norm > this.#maximumNorm ? this.#maximumNorm / norm : 1;
    this.#sums.reserve(factor * maxAbs);
    this.#codec.decode(payload, this.dimension, (block, offset) => {
      this.#sums.add(block, offset, factor);
    });
    this.#count += 1;
  }

  combine(): Promise<CombinedUpdate> {
    return Promise.resolve({ sums: this.#sums, weight: this.#count });
  }

  discard(): void {}
}
