import { TributaryError, type UpdateCodec } from "@tributary/protocol";
import type { AccumulatorMemory } from "./accumulator-memory.ts";
import type { CombinedUpdate, PartialSum, SumRule } from "./aggregation-rule.ts";
import { ExactAccumulator } from "./exact-accumulator.ts";

interface ReportFacts {
  readonly exampleCount: number;
  readonly maxAbs: number;
}

/** What the two means have in common. */
abstract class Mean implements SumRule {
  readonly dimension: number;
  protected readonly codec: UpdateCodec;
  protected readonly sums: ExactAccumulator;
  protected reports = 0;
  protected weight = 0;

  /** @param memory - Where to keep the sums; memory of its own if left out. */
  constructor(codec: UpdateCodec, dimension: number, memory?: AccumulatorMemory) {
    this.codec = codec;
    this.dimension = dimension;
    this.sums = new ExactAccumulator(dimension, memory);
  }

  abstract add(payload: Uint8Array, facts: ReportFacts): void;

  combine(): Promise<CombinedUpdate> {
    return Promise.resolve({ sums: this.sums, weight: this.weight });
  }

  partial(): PartialSum {
    return { ...this.sums.parts(), reports: this.reports, weight: this.weight };
  }

  merge(partial: PartialSum): void {
    if (partial.low.length !== this.dimension) {
      throw new TributaryError(
        "PARTIAL_SUM_INVALID",
        `The partial sum has ${partial.low.length} values where the round has ${this.dimension}`,
      );
    }
    this.sums.merge(partial);
    this.reports += partial.reports;
    this.weight += partial.weight;
  }

  discard(): void {
    this.sums.release();
  }
}

/** Σ n_k Δ_k / Σ n_k: what federated averaging means by a mean. Keeps sums only, nothing of a single update. */
export class WeightedMean extends Mean {
  override add(payload: Uint8Array, { exampleCount, maxAbs }: ReportFacts): void {
    this.sums.reserve(exampleCount * maxAbs);
    this.codec.decode(payload, this.dimension, (block, offset) => {
      this.sums.add(block, offset, exampleCount);
    });
    this.reports += 1;
    this.weight += exampleCount;
  }
}

/**
 * Norm bounding: (1/n) Σ Δ_k · min(1, M/‖Δ_k‖₂). No report moves the mean by more than M/n, whatever it holds, so each counts
 * once: a claimed number of examples is no way around the bound. Keeps sums only.
 * @see arXiv:1911.07963, §5 (norm thresholding of updates)
 */
export class NormBoundedMean extends Mean {
  readonly #maximumNorm: number;

  /** @param maximumNorm - M, weight units; > 0. */
  constructor(
    codec: UpdateCodec,
    dimension: number,
    maximumNorm: number,
    memory?: AccumulatorMemory,
  ) {
    super(codec, dimension, memory);
    this.#maximumNorm = maximumNorm;
  }

  override add(payload: Uint8Array, { maxAbs }: ReportFacts): void {
    let squares = 0;
    this.codec.decode(payload, this.dimension, (block) => {
      for (let i = 0; i < block.length; i++) squares += block[i]! * block[i]!;
    });
    const norm = Math.sqrt(squares);
    const factor = norm > this.#maximumNorm ? this.#maximumNorm / norm : 1;
    this.sums.reserve(factor * maxAbs);
    this.codec.decode(payload, this.dimension, (block, offset) => {
      this.sums.add(block, offset, factor);
    });
    this.reports += 1;
    this.weight += 1;
  }
}
