// How a checkpoint, or its difference from another, is written with an update codec: in segments, so that whoever packs or
// unpacks millions of values can let other work in between two of them.
//
//   for each segment of 131,072 values, the last one shorter:  length (4 bytes, little-endian) ‖ the codec's payload
import type { RandomSource } from "../random/random-source.ts";
import { TributaryError } from "../errors.ts";
import type { UpdateCodec, UpdateSink } from "../update/update-codec.ts";

/** Values in a segment: a few milliseconds of work for the slowest codec. */
const SEGMENT_VALUES = 131_072;
const LENGTH_BYTES = 4;

/**
 * Packs values.
 * @param values - Float32, shape [n]; not modified.
 * @param rest - Awaited between two segments.
 * @throws TributaryError `UPDATE_NOT_FINITE` or `UPDATE_OUT_OF_RANGE`, as the codec.
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
    segments.push(codec.encode(values.subarray(offset, offset + SEGMENT_VALUES), random));
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

/** Most bytes that so many packed values take. */
export function packedLengthLimit(codec: UpdateCodec, count: number): number {
  let bytes = 0;
  for (let offset = 0; offset < count; offset += SEGMENT_VALUES) {
    const length = Math.min(SEGMENT_VALUES, count - offset);
    bytes += LENGTH_BYTES + codec.payloadBytes(length).max;
  }
  return bytes;
}

/**
 * Unpacks values, block by block and in order.
 * @param packed - From anywhere; checked segment by segment, each before its values are handed on. Not modified.
 * @param count - How many values there must be.
 * @throws TributaryError `UPDATE_SHAPE`, `UPDATE_MALFORMED`, `UPDATE_NOT_FINITE` or `UPDATE_OUT_OF_RANGE`.
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
  return new TributaryError(
    "UPDATE_SHAPE",
    `The packed values do not end with their ${bytes} bytes`,
    {
      remedy: "Fetch the model again; if it recurs, the server is at fault.",
      context: { bytes },
    },
  );
}
