import { shuffledIndices, type RandomSource } from "@tributary/protocol";
import type { ExampleReader } from "../example-reader.ts";
import type { Examples } from "../examples.ts";
import { labelArray, type Block } from "./block.ts";
import type { BlockEntry } from "./catalogue.ts";
import { featureSizeOf, labelSizeOf, type ExampleForm } from "./example-form.ts";
import { PACKINGS, bytesOf, unpack } from "./packing.ts";
import { selectedCount, type SelectedBlock } from "./selection.ts";
import { windowedOrder } from "./windowed-order.ts";

/**
 * How the order of an epoch is drawn. `global`: every order is equally likely, as it is for examples
 * in memory. `windows`: an order that reads each block once.
 */
export type ShuffleName = "global" | "windows";

/** What a reader reads. */
export interface Readable {
  readonly selected: readonly SelectedBlock[];
  readonly form: ExampleForm;
  readonly shuffle: ShuffleName;
  /** The memory for the features of two stretches, bytes. */
  readonly readAheadBytes: number;
  /** Reads blocks, in the order of the entries. */
  readonly read: (entries: readonly BlockEntry[]) => Promise<readonly Block[]>;
  /** Called once, when the reader is closed. */
  readonly closed: () => void;
}

/** Blocks are read together up to this size, bytes. */
const READ_BYTES = 4 * 2 ** 20;

/**
 * Reads stored examples. An order is read in stretches of as many examples as fit into some
 * megabytes: the blocks that hold them are read once for each stretch, in the order in which they
 * lie. The next stretch is read while the caller works on one.
 */
export class StoredReader implements ExampleReader {
  readonly featureShape: readonly number[];
  readonly labelShape: readonly number[];
  readonly classNames?: readonly string[];
  readonly count: number;
  readonly #readable: Readable;
  /** The index of each block's first example, and the count behind the last block. */
  readonly #starts: Uint32Array;
  /** The room for one example's features, bytes. */
  readonly #rowBytes: number;
  /** The number of examples in a stretch. */
  readonly #stretch: number;
  #closed = false;

  constructor(readable: Readable) {
    const { selected, form } = readable;
    this.#readable = readable;
    this.featureShape = form.featureShape;
    this.labelShape = form.labelShape;
    if (form.classNames !== undefined) this.classNames = form.classNames;
    this.count = selectedCount(selected);
    this.#starts = new Uint32Array(selected.length + 1);
    let widest = 1;
    selected.forEach(({ entry, rows }, index) => {
      this.#starts[index + 1] = this.#starts[index]! + (rows?.length ?? entry.count);
      widest = Math.max(widest, bytesOf(entry.packing));
    });
    // Views of float32 need addresses that are multiples of four.
    this.#rowBytes = Math.ceil((widest * featureSizeOf(form)) / 4) * 4;
    this.#stretch = Math.max(1, Math.floor(readable.readAheadBytes / 2 / this.#rowBytes));
  }

  shuffle(random: RandomSource): Uint32Array {
    const { selected, shuffle } = this.#readable;
    return shuffle === "global"
      ? shuffledIndices(this.count, random)
      : windowedOrder(selected, this.#starts, this.#stretch, random);
  }

  async *batches(order: Uint32Array, size: number): AsyncIterableIterator<Examples> {
    const { form } = this.#readable;
    const stretch = Math.min(this.#stretch, order.length);
    const memories = [0, 1].map(() => new Stretch(form, stretch, this.#rowBytes));
    const most = Math.min(size, order.length);
    const features = new Float32Array(most * featureSizeOf(form));
    const labels = labelArray(form, most);
    const reading = new AbortController();
    const readFrom = (from: number): Promise<Stretch> => {
      const memory = memories[(from / stretch) % 2]!;
      const read = this.#fill(memory, order.subarray(from, from + stretch), reading.signal);
      // Whoever stops in the middle does not wait for what is read ahead.
      read.catch(() => undefined);
      return read;
    };
    let ahead = readFrom(0);
    let current: Stretch | undefined;
    try {
      for (let from = 0; from < order.length; from += size) {
        const count = Math.min(size, order.length - from);
        for (let row = 0; row < count; row++) {
          const place = (from + row) % stretch;
          if (place === 0) {
            current = await ahead;
            const next = from + row + stretch;
            if (next < order.length) ahead = readFrom(next);
          }
          current!.copy(place, features, labels, row);
        }
        yield this.#batch(features, labels, count);
      }
    } finally {
      reading.abort();
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#readable.closed();
  }

  #batch(features: Float32Array, labels: Float32Array | Int32Array, count: number): Examples {
    const { featureShape, labelShape, classNames } = this;
    const { form } = this.#readable;
    return {
      featureShape,
      labelShape,
      ...(classNames === undefined ? {} : { classNames }),
      features: features.subarray(0, count * featureSizeOf(form)),
      labels: labels.subarray(0, count * labelSizeOf(form)),
      count,
    };
  }

  /** Reads the examples of a part of an order. */
  async #fill(memory: Stretch, order: Uint32Array, signal: AbortSignal): Promise<Stretch> {
    const { selected, read } = this.#readable;
    const wanted = this.#byBlock(order);
    for (let from = 0; from < wanted.length && !signal.aborted;) {
      let to = from;
      for (let bytes = 0; to < wanted.length && (to === from || bytes < READ_BYTES); to++) {
        bytes += selected[wanted[to]!.index]!.entry.bytes;
      }
      const parts = wanted.slice(from, to);
      const blocks = await read(parts.map(({ index }) => selected[index]!.entry));
      for (const [i, { index, places }] of parts.entries()) {
        const { rows } = selected[index]!;
        const start = this.#starts[index]!;
        for (const place of places) {
          const row = order[place]! - start;
          memory.keep(place, blocks[i]!, rows?.[row] ?? row);
        }
      }
      from = to;
    }
    return memory;
  }

  /** The blocks of some examples, in the order in which they lie, with the places of the examples. */
  #byBlock(order: Uint32Array): readonly { index: number; places: Uint32Array }[] {
    // The index of the block and the place in one number, which sorts without a comparing function.
    const keys = new Float64Array(order.length);
    for (let place = 0; place < order.length; place++) {
      keys[place] = this.#blockOf(order[place]!) * 2 ** 32 + place;
    }
    keys.sort();
    const blocks: { index: number; places: Uint32Array }[] = [];
    for (let from = 0; from < keys.length;) {
      const index = Math.floor(keys[from]! / 2 ** 32);
      const end = (index + 1) * 2 ** 32;
      let to = from + 1;
      while (to < keys.length && keys[to]! < end) to++;
      const places = Uint32Array.from(keys.subarray(from, to), (key) => key - index * 2 ** 32);
      blocks.push({ index, places });
      from = to;
    }
    return blocks;
  }

  /** The index of the block that holds an example. */
  #blockOf(example: number): number {
    let [low, high] = [0, this.#starts.length - 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#starts[middle]! <= example) low = middle;
      else high = middle;
    }
    return low;
  }
}

/** Some examples in the order in which they are asked for, their features as they are stored. */
class Stretch {
  readonly #rowBytes: number;
  readonly #featureSize: number;
  readonly #labelSize: number;
  readonly #features: Uint8Array<ArrayBuffer>;
  readonly #labels: Float32Array | Int32Array;
  readonly #packings: Uint8Array;

  constructor(form: ExampleForm, count: number, rowBytes: number) {
    this.#rowBytes = rowBytes;
    this.#featureSize = featureSizeOf(form);
    this.#labelSize = labelSizeOf(form);
    this.#features = new Uint8Array(count * rowBytes);
    this.#labels = labelArray(form, count);
    this.#packings = new Uint8Array(count);
  }

  /** Takes an example of a block to a place. */
  keep(place: number, block: Block, row: number): void {
    const { features, labels, packing } = block;
    const bytes = bytesOf(packing) * this.#featureSize;
    const size = this.#labelSize;
    this.#features.set(features.subarray(row * bytes, (row + 1) * bytes), place * this.#rowBytes);
    this.#labels.set(labels.subarray(row * size, (row + 1) * size), place * size);
    this.#packings[place] = PACKINGS.indexOf(packing);
  }

  /** Copies the example at a place to a row of a batch. */
  copy(
    place: number,
    features: Float32Array,
    labels: Float32Array | Int32Array,
    row: number,
  ): void {
    const [size, labelSize] = [this.#featureSize, this.#labelSize];
    const into = features.subarray(row * size, (row + 1) * size);
    unpack(this.#features, place * this.#rowBytes, PACKINGS[this.#packings[place]!]!, into);
    for (let i = 0; i < labelSize; i++) {
      labels[row * labelSize + i] = this.#labels[place * labelSize + i]!;
    }
  }
}
