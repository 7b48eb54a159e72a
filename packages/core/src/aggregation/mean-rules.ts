import {
  TributaryError,
  UPDATE_BLOCK_VALUES,
  asTributaryError,
  type UpdateCodec,
  type UpdateSink,
} from "@tributary/protocol";
import type { AccumulatorMemory } from "./accumulator-memory.ts";
import type { CheckedUpdate, CombinedUpdate, PartialSum, SumRule } from "./aggregation-rule.ts";
import { ExactAccumulator } from "./exact-accumulator.ts";

/** Values that are added for all updates of a batch before the next ones: their sums, 1 MiB, fit the second cache. */
const STRETCH = 32 * UPDATE_BLOCK_VALUES;

interface Reserved {
  readonly payload: Uint8Array;
  /** What each value is multiplied by. */
  readonly factor: number;
}

/** What the two means have in common. */
abstract class Mean implements SumRule {
  readonly dimension: number;
  protected readonly codec: UpdateCodec;
  readonly #sums: ExactAccumulator;
  #reports = 0;
  #weight = 0;

  /** @param memory - Where to keep the sums; memory of its own if left out. */
  constructor(codec: UpdateCodec, dimension: number, memory?: AccumulatorMemory) {
    this.dimension = dimension;
    this.codec = codec;
    this.#sums = new ExactAccumulator(dimension, memory);
  }

  /** What an update is multiplied by, and what it counts for in the divisor. */
  protected abstract weigh(update: CheckedUpdate): {
    readonly factor: number;
    readonly weight: number;
  };

  add(payload: Uint8Array, facts: Omit<CheckedUpdate, "payload">): void {
    const [fault] = this.addAll([{ payload, ...facts }]);
    if (fault !== undefined) throw fault;
  }

  addAll(updates: readonly CheckedUpdate[]): readonly (TributaryError | undefined)[] {
    let batch: Reserved[] = [];
    const faults = updates.map((update) => {
      const { factor, weight } = this.weigh(update);
      const contribution = factor * update.maxAbs;
      if (!this.#sums.hasRoom(contribution)) {
        this.#addBatch(batch);
        batch = [];
      }
      try {
        this.#sums.reserve(contribution);
      } catch (error) {
        return asTributaryError(error);
      }
      batch.push({ payload: update.payload, factor });
      this.#reports += 1;
      this.#weight += weight;
      return undefined;
    });
    this.#addBatch(batch);
    return faults;
  }

  #addBatch(batch: readonly Reserved[]): void {
    const { min, max } = this.codec.payloadBytes(this.dimension);
    // Where blocks vary in length, a decoder has to go through all before the first that is wanted.
    const stretch = batch.length < 2 || min !== max ? Math.max(1, this.dimension) : STRETCH;
    for (let offset = 0; offset < this.dimension; offset += stretch) {
      const range = { offset, length: Math.min(stretch, this.dimension - offset) };
      for (const { payload, factor } of batch) {
        const add: UpdateSink = (block, at) => this.#sums.add(block, at, factor);
        this.codec.decode(payload, this.dimension, add, range);
      }
    }
  }

  combine(): Promise<CombinedUpdate> {
    return Promise.resolve({ sums: this.#sums, weight: this.#weight });
  }

  partial(): PartialSum {
    return { ...this.#sums.parts(), reports: this.#reports, weight: this.#weight };
  }

  merge(partial: PartialSum): void {
    if (partial.low.length !== this.dimension) {
      throw new TributaryError(
        "PARTIAL_SUM_INVALID",
        `The partial sum has ${partial.low.length} values where the round has ${this.dimension}`,
      );
    }
    this.#sums.merge(partial);
    this.#reports += partial.reports;
    this.#weight += partial.weight;
  }

  discard(): void {
    this.#sums.release();
  }
}

/** Σ n_k Δ_k / Σ n_k: what federated averaging means by a mean. Keeps sums only, nothing of a single update. */
export class WeightedMean extends Mean {
  protected override weigh({ exampleCount }: CheckedUpdate): {
    readonly factor: number;
    readonly weight: number;
  } {
    return { factor: exampleCount, weight: exampleCount };
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

  protected override weigh({ payload }: CheckedUpdate): {
    readonly factor: number;
    readonly weight: number;
  } {
    let squares = 0;
    this.codec.decode(payload, this.dimension, (block) => {
      for (let i = 0; i < block.length; i++) squares += block[i]! * block[i]!;
    });
    const norm = Math.sqrt(squares);
    return { factor: norm > this.#maximumNorm ? this.#maximumNorm / norm : 1, weight: 1 };
  }
}
