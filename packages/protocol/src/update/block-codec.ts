// What all codecs have in common that treat an update block by block. Their payloads are
//
//   seed (4 bytes, if the codec has one) ‖ block ‖ block ‖ …
//
// Blocks that vary in length begin with their length, in 2 bytes.
import type { UpdateKernels } from "../kernels/update-kernels.ts";
import { CodecWorkspace } from "./codec-workspace.ts";
import {
  UPDATE_BLOCK_VALUES,
  checkMagnitude,
  checkPayloadLength,
  malformed,
  notFinite,
  type UpdateCodec,
} from "./update-codec.ts";
import { blockAt, sumOverBlocks, type BlockSizes, type ValueBlock } from "./value-blocks.ts";

/** Gives the kernels that do the work. It is called when they are first needed. */
export type KernelSource = () => UpdateKernels;

/** How one codec treats one block. */
export interface BlockScheme {
  /** The name of the codec, for a plan and for errors. */
  readonly name: string;
  /** How an update is cut into blocks. */
  readonly sizes: BlockSizes;
  /** Whether the payload begins with a seed that the decoder needs. */
  readonly seeded: boolean;
  /**
   * The most bytes that a block of `size` values takes; all blocks take them without `leastBytes`.
   */
  bytes(size: number): number;
  /** The fewest bytes, for a codec whose blocks vary in length. Both numbers are 65,535 at most. */
  leastBytes?(size: number): number;
  /** Writes the tables that all blocks need to the workspace. */
  prepare?(space: CodecWorkspace): void;
  /**
   * Encodes `space.values`, finite and padded with zeros, into `space.packed`.
   * @param seeds - The payload's seed, and one for random rounding, which is not sent.
   * @returns The bytes used, and a bound on the magnitude of the decoded values.
   */
  encode(
    space: CodecWorkspace,
    block: ValueBlock,
    seeds: { readonly payload: number; readonly rounding: number },
  ): { readonly bytes: number; readonly maxAbs: number };
  /**
   * Checks a block, all of which is in `space.packed`.
   * @returns A bound on the magnitude of the decoded values.
   * @throws TributaryError `UPDATE_MALFORMED` or `UPDATE_NOT_FINITE`.
   */
  validate(space: CodecWorkspace, block: ValueBlock, bytes: number): number;
  /** Decodes `space.packed`, which `validate` has accepted, into `space.values`. */
  decode(space: CodecWorkspace, block: ValueBlock, seed: number, bytes: number): void;
}

/**
 * Makes a codec out of a scheme: walks over the blocks and checks lengths, magnitudes and that all
 * values are finite.
 */
export function blockCodec(scheme: BlockScheme, kernels: KernelSource): UpdateCodec {
  const head = scheme.seeded ? 4 : 0;
  const leastBytes = scheme.leastBytes?.bind(scheme);
  const prefix = leastBytes === undefined ? 0 : 2;
  const spaceFor = (): CodecWorkspace => {
    const space = new CodecWorkspace(kernels());
    scheme.prepare?.(space);
    return space;
  };
  const total = (dimension: number, bytes: (size: number) => number): number =>
    dimension === 0
      ? 0
      : head + sumOverBlocks(scheme.sizes, dimension, (size) => prefix + bytes(size));

  /**
   * Visits the blocks of a payload that hold `count` values from the value `from` on. Each block is
   * copied to the workspace first.
   * @returns Where the last block ends, bytes.
   */
  const walk = (
    payload: Uint8Array,
    dimension: number,
    { offset: from, length: count }: { readonly offset: number; readonly length: number },
    visit: (space: CodecWorkspace, block: ValueBlock, bytes: number) => void,
  ): number => {
    const space = spaceFor();
    let position = dimension === 0 ? 0 : head;
    let offset = 0;
    let index = 0;
    // Blocks of the same length need not be read one after the other.
    if (prefix === 0) {
      index = Math.floor(from / UPDATE_BLOCK_VALUES);
      offset = index * UPDATE_BLOCK_VALUES;
      position += index * scheme.bytes(UPDATE_BLOCK_VALUES);
    }
    while (offset < from + count) {
      const block = blockAt(scheme.sizes, dimension, offset, index);
      let bytes = scheme.bytes(block.size);
      if (leastBytes !== undefined) {
        bytes = lengthAt(payload, position, leastBytes(block.size), bytes, offset);
        position += 2;
      }
      if (offset >= from) {
        space.packed.set(payload.subarray(position, position + bytes));
        visit(space, block, bytes);
      }
      position += bytes;
      offset += block.length;
      index += 1;
    }
    return position;
  };

  const codec: UpdateCodec = {
    name: scheme.name,
    payloadBytes: (dimension) => {
      const max = total(dimension, (size) => scheme.bytes(size));
      return { min: leastBytes === undefined ? max : total(dimension, leastBytes), max };
    },
    encode(update, random) {
      const drawn = random.bytes(8);
      const words = new DataView(drawn.buffer, drawn.byteOffset, 8);
      const seeds = { payload: words.getInt32(0, true), rounding: words.getInt32(4, true) };
      const payload = new Uint8Array(codec.payloadBytes(update.length).max);
      if (head > 0) payload.set(drawn.subarray(0, head).subarray(0, payload.length));
      const space = spaceFor();
      let position = Math.min(head, payload.length);
      for (let offset = 0, index = 0; offset < update.length; index++) {
        const block = blockAt(scheme.sizes, update.length, offset, index);
        const { length, size } = block;
        space.values.set(update.subarray(offset, offset + length));
        space.values.fill(0, length, size);
        checkFinite(space, block);
        const { bytes, maxAbs } = scheme.encode(space, block, seeds);
        checkMagnitude(maxAbs);
        if (prefix > 0) {
          payload[position] = bytes & 255;
          payload[position + 1] = bytes >> 8;
          position += 2;
        }
        payload.set(space.packed.subarray(0, bytes), position);
        position += bytes;
        offset += length;
      }
      return position === payload.length ? payload : payload.slice(0, position);
    },
    validate(payload, dimension, enough = Infinity) {
      checkPayloadLength(codec, payload, dimension);
      let maxAbs = 0;
      const all = { offset: 0, length: dimension };
      const end = walk(payload, dimension, all, (space, block, bytes) => {
        const bound = scheme.validate(space, block, bytes);
        checkMagnitude(bound);
        if (bound > maxAbs) maxAbs = bound;
      });
      if (end !== payload.length)
        throw malformed("The update goes on after its last block", dimension);
      if (maxAbs > enough) {
        maxAbs = 0;
        codec.decode(payload, dimension, (block) => (maxAbs = largestOf(block, maxAbs)));
      }
      return { maxAbs };
    },
    decode(payload, dimension, sink, range = { offset: 0, length: dimension }) {
      checkPayloadLength(codec, payload, dimension);
      const seed = head === 0 || dimension === 0 ? 0 : seedOf(payload);
      walk(payload, dimension, range, (space, block, bytes) => {
        scheme.decode(space, block, seed, bytes);
        const { values } = space;
        const { length } = block;
        sink(length === values.length ? values : values.subarray(0, length), block.offset);
      });
    },
  };
  return codec;
}

/** The largest of `before` and the magnitudes of the block's values. */
function largestOf(block: Float32Array, before: number): number {
  let largest = before;
  for (let i = 0; i < block.length; i++) largest = Math.max(largest, Math.abs(block[i]!));
  return largest;
}

/** The seed that a payload begins with. */
function seedOf(payload: Uint8Array): number {
  return new DataView(payload.buffer, payload.byteOffset, 4).getInt32(0, true);
}

/**
 * Reads a block's length.
 * @throws TributaryError `UPDATE_MALFORMED` unless it is one that a block can have and the payload
 *   holds.
 */
function lengthAt(
  payload: Uint8Array,
  position: number,
  least: number,
  most: number,
  offset: number,
): number {
  const bytes = payload[position]! | (payload[position + 1]! << 8);
  // Behind the end of the payload both bytes are undefined, which counts as 0 here.
  if (bytes < least || bytes > most || position + 2 + bytes > payload.length) {
    throw malformed(`The update's block at value ${offset} has ${bytes} bytes`, offset);
  }
  return bytes;
}

/**
 * Refuses values that are not finite: their sum of squares in float64 is finite only if all of them
 * are.
 * @throws TributaryError `UPDATE_NOT_FINITE`.
 */
function checkFinite(space: CodecWorkspace, { offset, length }: ValueBlock): void {
  if (Number.isFinite(space.kernels.sumOfSquares(space.valuesAt, length))) return;
  const bad = space.values.subarray(0, length).findIndex((value) => !Number.isFinite(value));
  throw notFinite(offset + bad, space.values[bad]);
}
