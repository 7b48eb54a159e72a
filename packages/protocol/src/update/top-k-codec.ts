// The values of the largest magnitude, each with its place in its block of 4,096 values:
//
//   for each block its number of values (2) ‖ for each value: place (2, ascending within a block), float32 (4)
import { firstNonFinite } from "../bytes/float32-bytes.ts";
import type { TributaryError } from "../errors.ts";
import { positiveNumbers } from "../schema/parameter.ts";
import type { CodecDefinition } from "./codec-definition.ts";
import {
  UPDATE_BLOCK_VALUES,
  checkMagnitude,
  checkPayloadLength,
  malformed,
  notFinite,
  type UpdateCodec,
} from "./update-codec.ts";

/** What a plan says to use top-k. */
export interface TopKSpec {
  readonly codec: "top-k";
  /** Share of the values that is sent; above 0, at most 0.5. */
  readonly fraction: number;
}

/**
 * The largest share of the values that may be sent. With its place a value takes six bytes, so that
 * above two thirds a payload would be longer than one of float32.
 */
const MOST_KEPT = 0.5;
const COUNT_BYTES = 2;
const ENTRY_BYTES = 6;

/**
 * Top-k: the ⌈fraction · d⌉ values of the largest magnitude as they are, and 0 for the others. The
 * codec is biased. Training converges only if the client keeps what it did not send and adds it to
 * its next update: see `keepResidual`. One payload leaves out at most (1 − fraction) · ‖x‖².
 * @see arXiv:1809.07599 (sparsified SGD with memory)
 */
export const topKCodec: CodecDefinition<TopKSpec> = {
  name: "top-k",
  meaning: "Sends the values of the largest magnitude; clients keep the others for later updates.",
  parameters: {
    fraction: {
      values: positiveNumbers(MOST_KEPT),
      byDefault: 0.1,
      meaning: "Share of the values that is sent.",
    },
  },
  isReadableAlone: true,
  leavesResidual: true,
  isMostlyZero: () => true,
  isMostlyError: () => false,
  mostStretch: () => 1,
  create: largestValues,
};

function largestValues({ fraction }: TopKSpec): UpdateCodec {
  const kept = (dimension: number): number => Math.ceil(dimension * fraction);
  const codec: UpdateCodec = {
    name: "top-k",
    payloadBytes(dimension) {
      const bytes = COUNT_BYTES * blocksOf(dimension) + ENTRY_BYTES * kept(dimension);
      return { min: bytes, max: bytes };
    },
    encode(update) {
      const bad = firstNonFinite(update);
      if (bad >= 0) throw notFinite(bad, update[bad]);
      const { above, equal } = largest(update, kept(update.length));
      const payload = new Uint8Array(codec.payloadBytes(update.length).max);
      const view = new DataView(payload.buffer);
      let position = COUNT_BYTES * blocksOf(update.length);
      let equalLeft = equal;
      let maxAbs = 0;
      for (let block = 0, offset = 0; offset < update.length; block++) {
        const end = Math.min(update.length, offset + UPDATE_BLOCK_VALUES);
        const before = position;
        for (let i = offset; i < end; i++) {
          const magnitude = Math.abs(update[i]!);
          if (magnitude < above || (magnitude === above && equalLeft === 0)) continue;
          if (magnitude === above) equalLeft -= 1;
          if (magnitude > maxAbs) maxAbs = magnitude;
          view.setUint16(position, i - offset, true);
          view.setFloat32(position + 2, update[i]!, true);
          position += ENTRY_BYTES;
        }
        view.setUint16(COUNT_BYTES * block, (position - before) / ENTRY_BYTES, true);
        offset = end;
      }
      checkMagnitude(maxAbs);
      return payload;
    },
    validate(payload, dimension) {
      checkPayloadLength(codec, payload, dimension);
      const view = viewOf(payload);
      let position = COUNT_BYTES * blocksOf(dimension);
      let maxAbs = 0;
      for (let block = 0, offset = 0; offset < dimension; block++, offset += UPDATE_BLOCK_VALUES) {
        const end = position + ENTRY_BYTES * view.getUint16(COUNT_BYTES * block, true);
        if (end > payload.length) throw wrongCount(offset);
        let least = 0;
        for (; position < end; position += ENTRY_BYTES) {
          const place = view.getUint16(position, true);
          const value = view.getFloat32(position + 2, true);
          if (place < least || place >= Math.min(UPDATE_BLOCK_VALUES, dimension - offset)) {
            throw malformed(
              `The update's block at value ${offset} has a place twice or none`,
              offset,
            );
          }
          if (!Number.isFinite(value)) throw notFinite(offset + place, value);
          maxAbs = Math.max(maxAbs, Math.abs(value));
          least = place + 1;
        }
      }
      if (position !== payload.length) throw wrongCount(dimension);
      checkMagnitude(maxAbs);
      return { maxAbs };
    },
    decode(payload, dimension, sink, range = { offset: 0, length: dimension }) {
      checkPayloadLength(codec, payload, dimension);
      const view = viewOf(payload);
      const values = new Float32Array(Math.min(dimension, UPDATE_BLOCK_VALUES));
      let position = COUNT_BYTES * blocksOf(dimension);
      const to = range.offset + range.length;
      for (let block = 0, offset = 0; offset < to; block++, offset += UPDATE_BLOCK_VALUES) {
        const end = position + ENTRY_BYTES * view.getUint16(COUNT_BYTES * block, true);
        if (offset >= range.offset) {
          const length = Math.min(UPDATE_BLOCK_VALUES, dimension - offset);
          values.fill(0);
          for (let at = position; at < end; at += ENTRY_BYTES) {
            values[view.getUint16(at, true)] = view.getFloat32(at + 2, true);
          }
          sink(length === values.length ? values : values.subarray(0, length), offset);
        }
        position = end;
      }
      values.fill(0);
    },
  };
  return codec;
}

const blocksOf = (dimension: number): number => Math.ceil(dimension / UPDATE_BLOCK_VALUES);

const viewOf = (payload: Uint8Array): DataView =>
  new DataView(payload.buffer, payload.byteOffset, payload.length);

const wrongCount = (offset: number): TributaryError =>
  malformed("The update's counts of values are not those of its length", offset);

/**
 * Finds the `count` largest magnitudes: all that are above a threshold, and a number of those that
 * are equal to it. The bits of a float32 without its sign grow with its value, so that a histogram
 * of the upper half of the bits finds the threshold but for the values of one bucket, which are
 * sorted.
 */
function largest(
  update: Float32Array,
  count: number,
): { readonly above: number; readonly equal: number } {
  const bits = new Uint32Array(update.buffer, update.byteOffset, update.length);
  const histogram = new Uint32Array(2 ** 15);
  for (let i = 0; i < bits.length; i++) histogram[(bits[i]! & 0x7fffffff) >>> 16]! += 1;
  let bucket = histogram.length;
  let counted = 0;
  while (bucket > 0 && counted + histogram[bucket - 1]! < count) counted += histogram[--bucket]!;
  bucket -= 1;
  const within = update
    .filter((_, i) => (bits[i]! & 0x7fffffff) >>> 16 === bucket)
    .map((value) => Math.abs(value))
    .sort();
  const above = within[within.length - (count - counted)] ?? 0;
  const larger = within.length - 1 - within.lastIndexOf(above);
  return { above, equal: count - counted - larger };
}
