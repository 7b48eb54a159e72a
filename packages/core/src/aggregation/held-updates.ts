import {
  UPDATE_BLOCK_VALUES,
  toHex,
  type CryptoProvider,
  type UpdateCodec,
  type UpdateSink,
} from "@tributary/protocol";
import { AccumulatorMemory } from "./accumulator-memory.ts";
import { checkContribution } from "./exact-accumulator.ts";

interface HeldUpdate {
  readonly payload: Uint8Array;
  /** SHA-256 of the payload, hexadecimal. */
  readonly hash: string;
}

/**
 * The updates of one round, encoded as they came: no codec's payload is longer than its values as float32. In memory, and
 * for the round only.
 */
export class HeldUpdates {
  readonly dimension: number;
  /** For whoever adds some of them up. */
  readonly memory: AccumulatorMemory;
  readonly #codec: UpdateCodec;
  readonly #crypto: CryptoProvider;
  #updates: HeldUpdate[] = [];
  #maxAbs = 0;

  constructor(
    crypto: CryptoProvider,
    codec: UpdateCodec,
    dimension: number,
    memory: AccumulatorMemory = new AccumulatorMemory(),
  ) {
    this.memory = memory;
    this.#crypto = crypto;
    this.#codec = codec;
    this.dimension = dimension;
  }

  get count(): number {
    return this.#updates.length;
  }

  /** No value held is larger in magnitude. */
  get maxAbs(): number {
    return this.#maxAbs;
  }

  /**
   * Keeps a copy.
   * @throws TributaryError `UPDATE_OUT_OF_RANGE` now, and not when the round is being combined.
   */
  add(payload: Uint8Array, maxAbs: number): void {
    checkContribution(maxAbs);
    this.#updates.push({ payload: payload.slice(), hash: toHex(this.#crypto.sha256(payload)) });
    if (maxAbs > this.#maxAbs) this.#maxAbs = maxAbs;
  }

  /**
   * Puts the updates in the order of their hashes, which is the same whatever the order in which they came. Those that
   * share a hash say the same, so it does not matter which is which.
   */
  sortByContent(): void {
    this.#updates.sort((a, b) => (a.hash < b.hash ? -1 : a.hash > b.hash ? 1 : 0));
  }

  /** Where each block of values begins, and how many it has. */
  *blocks(): Iterable<{ readonly offset: number; readonly length: number }> {
    for (let offset = 0; offset < this.dimension; offset += UPDATE_BLOCK_VALUES) {
      yield { offset, length: Math.min(UPDATE_BLOCK_VALUES, this.dimension - offset) };
    }
  }

  /** `count` rows for `read`, each as long as the longest block. */
  rows(count: number): Float32Array[] {
    const length = Math.min(UPDATE_BLOCK_VALUES, this.dimension);
    return Array.from({ length: count }, () => new Float32Array(length));
  }

  /**
   * Decodes one block of one update.
   * @param row - Its first `length` values are set.
   */
  read(update: number, offset: number, length: number, row: Float32Array): void {
    const { payload } = this.#updates[update]!;
    const copy: UpdateSink = (block, start) => row.set(block, start - offset);
    this.#codec.decode(payload, this.dimension, copy, { offset, length });
  }

  discard(): void {
    this.#updates = [];
  }
}
