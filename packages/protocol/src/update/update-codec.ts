import type { RandomSource } from "../random/random-source.ts";
import { TributaryError } from "../errors.ts";

/** Values that a decoder hands on at a time: small enough for the first cache, 16 KiB. */
export const UPDATE_BLOCK_VALUES = 4_096;

/**
 * Largest |x| that an update may hold, weight units. An honest update is far below; beyond it, training diverged or
 * the sender means harm, and the exact accumulator would run out of bits.
 */
export const MAX_UPDATE_MAGNITUDE: number = 2 ** 20;

/** Takes decoded values. `block` is reused: use it before returning. `offset` is the index of its first value. */
export type UpdateSink = (block: Float32Array, offset: number) => void;

/** A way to write an update, a Float32 vector, as bytes. Both sides agree on it in the plan. */
export interface UpdateCodec {
  /** As in the plan's `update.codec` and in a check-in. */
  readonly name: string;
  /** Length of a payload of `dimension` values, bytes: exact, `min` being `max`, unless the codec is entropy coded. */
  payloadBytes(dimension: number): PayloadBytes;
  /**
   * Encodes an update.
   * @param update - Float32, shape [dimension]; not modified.
   * @param random - Seeds the rounding where the codec rounds at random.
   * @throws TributaryError `UPDATE_NOT_FINITE`, or `UPDATE_OUT_OF_RANGE` beyond `MAX_UPDATE_MAGNITUDE`.
   */
  encode(update: Float32Array, random: RandomSource): Uint8Array;
  /**
   * Checks the structure and the numbers of a whole payload, so that `decode` cannot fail half way through.
   * @param payload - Any alignment; not modified.
   * @param enough - A bound up to this will do; any will unless given. Some codecs know their values by a block's norm, which is up
   *   to a few hundred times the largest: above `enough` they decode the payload once more to know it exactly.
   * @returns A bound on |x| over all values.
   * @throws TributaryError `UPDATE_SHAPE`, `UPDATE_MALFORMED`, `UPDATE_NOT_FINITE` or `UPDATE_OUT_OF_RANGE`.
   */
  validate(payload: Uint8Array, dimension: number, enough?: number): { readonly maxAbs: number };
  /**
   * Decodes a payload that `validate` has accepted, block by block and in order.
   * @param range - The values wanted; all unless given. `offset` is a multiple of `UPDATE_BLOCK_VALUES`, and `length` is too or
   *   reaches the end.
   * @throws TributaryError `UPDATE_SHAPE` when the length cannot be that of `dimension` values.
   */
  decode(
    payload: Uint8Array,
    dimension: number,
    sink: UpdateSink,
    range?: { readonly offset: number; readonly length: number },
  ): void;
}

/** Fewest and most bytes of a payload. */
export interface PayloadBytes {
  readonly min: number;
  readonly max: number;
}

/** @throws TributaryError `UPDATE_SHAPE`. */
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

/** @throws TributaryError `UPDATE_OUT_OF_RANGE`. */
export function checkMagnitude(maxAbs: number): void {
  if (maxAbs <= MAX_UPDATE_MAGNITUDE) return;
  throw new TributaryError(
    "UPDATE_OUT_OF_RANGE",
    `The update has a value of magnitude ${maxAbs}, beyond ${MAX_UPDATE_MAGNITUDE}`,
    { remedy: "Lower the plan's learning rate or set clipNorm: training diverged." },
  );
}

/** @param offset - Where in the update, values. */
export function malformed(cause: string, offset: number): TributaryError {
  return new TributaryError("UPDATE_MALFORMED", cause, {
    remedy: "Encode the update with the codec of this package.",
    context: { offset },
  });
}

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
