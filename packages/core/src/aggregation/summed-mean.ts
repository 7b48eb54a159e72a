import {
  TributaryError,
  UPDATE_BLOCK_VALUES,
  asTributaryError,
  clipFactor,
  type UpdateSink,
} from "@tributary/protocol";
import { AccumulatorMemory } from "./accumulator-memory.ts";
import type { CheckedUpdate, CombinedUpdate, PartialSum, SumRule } from "./aggregation-rule.ts";
import { ExactAccumulator } from "./exact-accumulator.ts";
import type { UpdateForm } from "./update-form.ts";

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
  /** A bound on the magnitude of the values that were multiplied. */
  readonly contribution: number;
  /** The sum of the squares of the values that have been added; 0 where no norm is bounded. */
  squares: number;
}

/** The part that all means have in common: they keep only sums, and nothing of a single update. */
export abstract class SummedMean implements SumRule {
  readonly #form: UpdateForm;
  readonly #memory: AccumulatorMemory;
  readonly #sums: ExactAccumulator;
  #reports = 0;
  #weight = 0;

  /** @param memory - Where the sums are kept; memory of its own if left out. */
  constructor(form: UpdateForm, memory: AccumulatorMemory = new AccumulatorMemory()) {
    this.#form = form;
    this.#memory = memory;
    this.#sums = new ExactAccumulator(form.dimension, memory);
  }

  get dimension(): number {
    return this.#form.dimension;
  }

  /** Returns how often an update counts; a whole number ≥ 1. */
  protected abstract weigh(update: CheckedUpdate): number;

  add(payload: Uint8Array, facts: Omit<CheckedUpdate, "payload">): void {
    const [fault] = this.addAll([{ payload, ...facts }]);
    if (fault !== undefined) throw fault;
  }

  addAll(updates: readonly CheckedUpdate[]): readonly (TributaryError | undefined)[] {
    let batch: Reserved[] = [];
    const faults = updates.map((update) => {
      const { payload, maxAbs } = update;
      const factor = this.weigh(update);
      const contribution = factor * maxAbs;
      if (!this.#sums.hasRoom(contribution)) {
        this.#addBatch(batch);
        batch = [];
      }
      try {
        this.#sums.reserve(contribution);
      } catch (error) {
        return asTributaryError(error);
      }
      batch.push({ payload, factor, contribution, squares: 0 });
      this.#reports += 1;
      this.#weight += factor;
      return undefined;
    });
    this.#addBatch(batch);
    return faults;
  }

  /**
   * Adds all updates of a batch to the sums. The norms of the updates are known only then. Those
   * that are too long are taken out again, which the integers of the sums allow, and added in the
   * length that counts.
   */
  #addBatch(batch: readonly Reserved[]): void {
    const { codec, dimension, mostNorm } = this.#form;
    const { min, max } = codec.payloadBytes(dimension);
    // If a codec's blocks vary in length, a decoder has to read a payload from its beginning to
    // find a block. Such an update is therefore decoded as a whole.
    const stretch = batch.length < 2 || min !== max ? Math.max(1, dimension) : STRETCH;
    for (let offset = 0; offset < dimension; offset += stretch) {
      const range = { offset, length: Math.min(stretch, dimension - offset) };
      for (const update of batch) {
        const add: UpdateSink = (block, at) => {
          if (mostNorm < Infinity) update.squares += this.#memory.sumOfSquares(block);
          this.#sums.add(block, at, update.factor, update.contribution);
        };
        codec.decode(update.payload, dimension, add, range);
      }
    }
    for (const { payload, factor, contribution, squares } of batch) {
      const scale = clipFactor(squares, mostNorm);
      if (scale === 1) continue;
      codec.decode(payload, dimension, (block, at) => {
        this.#sums.add(block, at, -factor, contribution);
        this.#sums.add(block, at, factor * scale, contribution);
      });
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
