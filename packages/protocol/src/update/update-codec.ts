import type { RandomSource } from "../random/random-source.ts";
import { TributaryError } from "../errors.ts";

/** How many values a decoder hands on at a time: 16 KiB, which fits the first cache of a core. */
export const UPDATE_BLOCK_VALUES = 4_096;

/**
 * The largest |x| that an update may hold, weight units. The values of an honest update are far
 * smaller. Where they are larger, training diverged or the sender is hostile, and the exact
 * accumulator would run out of bits.
 */
export const MAX_UPDATE_MAGNITUDE: number = 2 ** 20;

/**
 * Takes decoded values. `block` is used again for the next values: read it before returning.
 * `offset` is the index of its first value.
 */
export type UpdateSink = (block: Float32Array, offset: number) => void;

/** A way to write an update, a Float32 vector, as bytes. The plan names it. */
export interface UpdateCodec {
  /** As in the plan's `update.codec` and in what a client offers at check-in. */
  readonly name: string;
  /** Whether a payload is the bytes of the update itself. */
  readonly isVerbatim?: true;
  /**
   * The length of a payload of `dimension` values. All payloads have the same length, so that `min`
   * is `max`, unless the codec is entropy coded.
   */
  payloadBytes(dimension: number): PayloadBytes;
  /**
   * Encodes an update.
   * @param update - Float32, shape [dimension]; not modified.
   * @param random - Seeds the rotation and the rounding of a codec that has them.
   * @param memory - At least `payloadBytes(dimension).max` bytes, in which a codec may write the
   *   payload instead of taking new memory. Shares none with the update, unless the codec is verbatim:
   *   then it may be that of the update.
   * @throws TributaryError `UPDATE_NOT_FINITE`, or `UPDATE_OUT_OF_RANGE` for a value beyond
   *   `MAX_UPDATE_MAGNITUDE`.
   */
  encode(update: Float32Array, random: RandomSource, memory?: Uint8Array): Uint8Array;
  /**
   * Checks the structure and the numbers of a whole payload, so that `decode` cannot fail half way.
   * @param payload - Any alignment; not modified.
   * @param enough - How small the bound has to be; any bound will do if it is left out. Some codecs
   *   bound values by the norm of their block, which may be a few hundred times the largest value.
   *   If such a bound is above `enough`, they decode the payload to find the largest value.
   * @returns A bound on |x| over all values.
   * @throws TributaryError `UPDATE_SHAPE`, `UPDATE_MALFORMED`, `UPDATE_NOT_FINITE` or
   *   `UPDATE_OUT_OF_RANGE`.
   */
  validate(payload: Uint8Array, dimension: number, enough?: number): { readonly maxAbs: number };
  /**
   * Decodes a payload that `validate` has accepted, block by block and in order.
   * @param range - The values wanted; all if it is left out. `offset` is a multiple of
   *   `UPDATE_BLOCK_VALUES`, and so is `length` unless it reaches the end.
   * @throws TributaryError `UPDATE_SHAPE` when the length cannot be that of `dimension` values.
   */
  decode(
    payload: Uint8Array,
    dimension: number,
    sink: UpdateSink,
    range?: { readonly offset: number; readonly length: number },
  ): void;
}

/** The fewest and the most bytes of a payload. */
export interface PayloadBytes {
  readonly min: number;
  readonly max: number;
}

/** @throws TributaryError `UPDATE_SHAPE` for a length that no payload of `dimension` values has. */
export function checkPayloadLength(
  codec: UpdateCodec,
  payload: Uint8Array,
  dimension: number,
): void {
  const { min, max } = codec.payloadBytes(dimension);
  if (payload.length >= min && payload.length <= max) return;
  const expected = min === max ? `${max}` : `${min} to ${max}`;
  throw new TributaryError(
    "UPDATE_SHAPE",
    `The update has ${payload.length} bytes where ${dimension} values in ${codec.name} take ${expected}`,
    { remedy: "Encode all trainable parameters of the round's model with the plan's codec." },
  );
}

/** @throws TributaryError `UPDATE_OUT_OF_RANGE` above `MAX_UPDATE_MAGNITUDE`, and for NaN. */
export function checkMagnitude(maxAbs: number): void {
  if (maxAbs <= MAX_UPDATE_MAGNITUDE) return;
  throw new TributaryError(
    "UPDATE_OUT_OF_RANGE",
    `The update has a value of magnitude ${maxAbs}, beyond ${MAX_UPDATE_MAGNITUDE}`,
    { remedy: "Lower the plan's learning rate or set clipNorm: training diverged." },
  );
}

/**
 * The error for a payload whose structure is not valid.
 * @param offset - Where in the update, as the index of a value.
 */
export function malformed(cause: string, offset: number): TributaryError {
  return new TributaryError("UPDATE_MALFORMED", cause, {
    remedy: "Encode the update with the codec of this package.",
    context: { offset },
  });
}

/** The error for a value that is not finite. @param index - Of the value in the update. */
export function notFinite(index: number, value: number | undefined): TributaryError {
  return new TributaryError(
    "UPDATE_NOT_FINITE",
    `The update's value ${index} is not finite: ${value}`,
    {
      remedy: "Lower the plan's learning rate or set clipNorm: training diverged.",
      context: { index },
    },
  );
}
