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

/**
 * Number of values that are added for all updates of a batch, before the next values are added.
 * The sums of so many values take 1 MiB, which fits into a processor core's second-level cache.
 */
const STRETCH = 32 * UPDATE_BLOCK_VALUES;

/** An update for which the sums have been made ready, and which is still to be added. */
interface Reserved {
  readonly payload: Uint8Array;
  /** What each value is multiplied by. */
  readonly factor: number;
}

/** How much an update counts in the mean. */
export interface Weighing {
  /** What each of its values is multiplied by. */
  readonly factor: number;
  /** What it adds to the divisor of the mean. */
  readonly weight: number;
}

/** The part that all means have in common: they keep only sums, and nothing of a single update. */
export abstract class SummedMean implements SumRule {
  readonly dimension: number;
  protected readonly codec: UpdateCodec;
  readonly #sums: ExactAccumulator;
  #reports = 0;
  #weight = 0;

  /** @param memory - Where the sums are kept; memory of its own if left out. */
  constructor(codec: UpdateCodec, dimension: number, memory?: AccumulatorMemory) {
    this.dimension = dimension;
    this.codec = codec;
    this.#sums = new ExactAccumulator(dimension, memory);
  }

  /** Returns how much an update counts. */
  protected abstract weigh(update: CheckedUpdate): Weighing;

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

  /** Adds all updates of a batch to the sums. */
  #addBatch(batch: readonly Reserved[]): void {
    const { min, max } = this.codec.payloadBytes(this.dimension);
    // If a codec's blocks vary in length, a decoder has to read a payload from its beginning to
    // find a block. Such an update is therefore decoded as a whole.
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
