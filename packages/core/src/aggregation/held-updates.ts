import {
  UPDATE_BLOCK_VALUES,
  clipFactor,
  toHex,
  type CryptoProvider,
  type UpdateSink,
} from "@tributary/protocol";
import { AccumulatorMemory } from "./accumulator-memory.ts";
import { BlockSums } from "./block-sums.ts";
import { normSquares, type UpdateForm } from "./update-form.ts";

/** One update as it was reported. */
interface HeldUpdate {
  readonly payload: Uint8Array;
  /** SHA-256 of the payload, hexadecimal. */
  readonly hash: string;
  /** What its values are multiplied by, so that they are no longer than an update may be; ≤ 1. */
  readonly scale: number;
}

/**
 * Holds the updates of one round in memory until the round has ended. They stay encoded, because a
 * payload is hardly ever longer than its values as float32.
 */
export class HeldUpdates {
  readonly #memory: AccumulatorMemory;
  readonly #form: UpdateForm;
  readonly #crypto: CryptoProvider;
  #updates: HeldUpdate[] = [];
  /** What rows and sums have been made of the updates. */
  #scratch: (Float32Array | Float64Array)[] = [];
  #maxAbs = 0;

  constructor(
    crypto: CryptoProvider,
    form: UpdateForm,
    memory: AccumulatorMemory = new AccumulatorMemory(),
  ) {
    this.#memory = memory;
    this.#crypto = crypto;
    this.#form = form;
  }

  get dimension(): number {
    return this.#form.dimension;
  }

  /** Number of updates that are held. */
  get count(): number {
    return this.#updates.length;
  }

  /**
   * Keeps a copy of a payload that the codec has validated.
   * @param maxAbs - A bound on the magnitude of its values.
   */
  add(payload: Uint8Array, maxAbs: number): void {
    const scale = this.#scaleOf(payload, maxAbs);
    const hash = toHex(this.#crypto.sha256(payload));
    this.#updates.push({ payload: payload.slice(), hash, scale });
    if (maxAbs > this.#maxAbs) this.#maxAbs = maxAbs;
  }

  #scaleOf(payload: Uint8Array, maxAbs: number): number {
    const { mostNorm } = this.#form;
    if (maxAbs * Math.sqrt(this.dimension) <= mostNorm) return 1;
    return clipFactor(normSquares(payload, this.#form, this.#memory), mostNorm);
  }

  /**
   * Sorts the updates by their hashes, so that their order does not depend on when they came.
   * Updates with the same hash are equal, so that their order does not matter.
   */
  sortByContent(): void {
    this.#updates.sort((a, b) => (a.hash < b.hash ? -1 : a.hash > b.hash ? 1 : 0));
  }

  /** The blocks of an update: the index of each one's first value, and its number of values. */
  *blocks(): Iterable<{ readonly offset: number; readonly length: number }> {
    for (let offset = 0; offset < this.dimension; offset += UPDATE_BLOCK_VALUES) {
      yield { offset, length: Math.min(UPDATE_BLOCK_VALUES, this.dimension - offset) };
    }
  }

  /** Makes `count` rows that `read` can fill, each as long as the longest block. */
  rows(count: number): Float32Array[] {
    const length = Math.min(UPDATE_BLOCK_VALUES, this.dimension);
    const rows = Array.from({ length: count }, () => new Float32Array(length));
    this.#scratch.push(...rows);
    return rows;
  }

  /**
   * Decodes one block of one update into a row.
   * @param update - Index of the update, below `count`.
   * @param offset - Index of the block's first value.
   * @param length - Number of values in the block.
   * @param row - Modified: its first `length` values are set.
   */
  read(update: number, offset: number, length: number, row: Float32Array): void {
    const { payload, scale } = this.#updates[update]!;
    const copy: UpdateSink = (block, start) => row.set(block, start - offset);
    this.#form.codec.decode(payload, this.dimension, copy, { offset, length });
    if (scale < 1) for (let i = 0; i < length; i++) row[i]! *= scale;
  }

  /** Makes sums over the updates. */
  sums(): BlockSums {
    const values = new Float64Array(this.dimension);
    this.#scratch.push(values);
    return new BlockSums(values, this.#maxAbs, this.#memory);
  }

  /** Zeroes all updates, and what was made of them, and forgets them. */
  discard(): void {
    for (const { payload } of this.#updates) payload.fill(0);
    for (const values of this.#scratch) values.fill(0);
    this.#memory.forgetUpdates();
    this.#updates = [];
    this.#scratch = [];
  }
}
