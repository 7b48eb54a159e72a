// How a checkpoint, or its difference from another, is written with an update codec. Values are
// packed in segments, so that whoever packs or unpacks millions of them can let other work run
// between two segments.
//
//   for each segment of 131,072 values (the last one is shorter):
//     length of the payload (4 bytes, little-endian), then the codec's payload
import type { RandomSource } from "../random/random-source.ts";
import { TributaryError } from "../errors.ts";
import { encodeForFeedback } from "../update/keep-residual.ts";
import type { UpdateCodec, UpdateSink } from "../update/update-codec.ts";

/**
 * Values in a segment. The number is part of the protocol. The slowest codec needs a few
 * milliseconds for it.
 */
const SEGMENT_VALUES = 131_072;
/** Length of the number in front of each payload. */
const LENGTH_BYTES = 4;

/**
 * Packs values with a codec. What this loses is meant to be added to the values that are packed
 * next, so that each segment is encoded as `encodeForFeedback` does.
 * @param values - Float32, shape [n]; not modified.
 * @param random - For the rounding of codecs that round stochastically.
 * @param rest - Called and awaited between two segments; does nothing when absent.
 * @returns New bytes.
 * @throws TributaryError `UPDATE_NOT_FINITE` or `UPDATE_OUT_OF_RANGE`, as the codec's `encode`
 * does.
 */
export async function packValues(
  codec: UpdateCodec,
  values: Float32Array,
  random: RandomSource,
  rest: () => Promise<void> = () => Promise.resolve(),
): Promise<Uint8Array> {
  const segments: Uint8Array[] = [];
  for (let offset = 0; offset < values.length; offset += SEGMENT_VALUES) {
    if (offset > 0) await rest();
    const segment = values.subarray(offset, offset + SEGMENT_VALUES);
    segments.push(encodeForFeedback(codec, segment, random));
  }
  const packed = new Uint8Array(
    segments.reduce((sum, { length }) => sum + LENGTH_BYTES + length, 0),
  );
  const view = new DataView(packed.buffer);
  let position = 0;
  for (const segment of segments) {
    view.setUint32(position, segment.length, true);
    packed.set(segment, position + LENGTH_BYTES);
    position += LENGTH_BYTES + segment.length;
  }
  return packed;
}

/**
 * The largest number of bytes that `count` packed values can take: a bound for what a client
 * accepts.
 */
export function packedLengthLimit(codec: UpdateCodec, count: number): number {
  let bytes = 0;
  for (let offset = 0; offset < count; offset += SEGMENT_VALUES) {
    const length = Math.min(SEGMENT_VALUES, count - offset);
    bytes += LENGTH_BYTES + codec.payloadBytes(length).max;
  }
  return bytes;
}

/**
 * Unpacks values, block by block and in order. Each segment is checked before any of its values is
 * handed on.
 * @param packed - May come from anywhere; not modified.
 * @param count - How many values there must be.
 * @param sink - Gets each block with the index of its first value. It may have got blocks of
 * earlier segments when a later one is refused.
 * @throws TributaryError `UPDATE_SHAPE` when the lengths do not fit; `UPDATE_MALFORMED`,
 * `UPDATE_NOT_FINITE` or `UPDATE_OUT_OF_RANGE` when the codec refuses a segment.
 */
export function unpackValues(
  codec: UpdateCodec,
  packed: Uint8Array,
  count: number,
  sink: UpdateSink,
): void {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  let position = 0;
  for (let offset = 0; offset < count; offset += SEGMENT_VALUES) {
    const length = Math.min(SEGMENT_VALUES, count - offset);
    const start = position + LENGTH_BYTES;
    if (start > packed.length) throw wrongLength(packed.length);
    const end = start + view.getUint32(position, true);
    if (end > packed.length) throw wrongLength(packed.length);
    const segment = packed.subarray(start, end);
    codec.validate(segment, length);
    codec.decode(segment, length, (block, at) => sink(block, offset + at));
    position = end;
  }
  if (position !== packed.length) throw wrongLength(packed.length);
}

function wrongLength(bytes: number): TributaryError {
  return new TributaryError("UPDATE_SHAPE", `The packed values do not fit their ${bytes} bytes`, {
    remedy: "Fetch the model again. If this happens again, the server is at fault.",
    context: { bytes },
  });
}
