/**
 * Partial sums as bytes, for reports that are added up on several machines:
 *
 *   "TRIBSUM2" ‖ subject(32) ‖ u32 dimension ‖ u32 reports ‖ u64 weight ‖ u8 width ‖ 3 zero bytes
 *   ‖ low[dimension] ‖ high[dimension] ‖ SHA-256 of all bytes before
 *
 * `subject` is the SHA-256 of what the sums are of: the round, the update codec, the rule and the
 * clip norm. All numbers are little-endian. The width is the number of bytes for each sum, which is
 * counted in units of 2⁻³²:
 *
 *   8   high[i] · 2³² + low[i], where low is u32 and high is int32
 *   16  high[i] · 2⁴⁰ + low[i], where low is float64 from 0 to 2⁴⁰ and high is float64
 *
 * It is 8 whenever all sums fit, so that the same reports give the same bytes, whichever way they
 * were divided among machines and merged.
 */
import {
  PROTOCOL_CONSTANTS,
  TributaryError,
  canonicalize,
  concatBytes,
  utf8,
  type CryptoProvider,
  type RoundId,
} from "@tributary/protocol";
import type { PartialSum } from "./aggregation-rule.ts";
import { CARRY } from "./exact-accumulator.ts";
import { sumRule, type SumSpec } from "./rule-implementations.ts";
import type { AdderSpec } from "./update-form.ts";

/**
 * What a partial sum is a sum of: the reports of one round, under one plan. Only sums with the same
 * subject can be merged.
 */
export interface PartialSumSubject extends AdderSpec {
  readonly roundId: RoundId;
  readonly aggregation: SumSpec;
}

const MAGIC = utf8("TRIBSUM2");
const HEADER_BYTES = 60;
const HASH_BYTES = 32;
const NARROW = 8;
const WIDE = 16;
/** One unit of a narrow high part is this many units of a low part. */
const NARROW_CARRY = 2 ** 32;
/** One unit of a high part is this many units of a narrow high part. */
const NARROW_HIGHS = CARRY / NARROW_CARRY;
/** Sums whose high parts are from −2²³ up to 2²³ fit into 8 bytes. */
const NARROW_HIGH = 2 ** 31 / NARROW_HIGHS;
/** A bound on every valid high part: the reports of the largest cohort add up to 2⁴⁶. */
const MAX_HIGH = 2 ** 47;

/**
 * Writes a partial sum as bytes.
 * @returns New bytes, which share no memory with the sums.
 */
export function encodePartialSum(
  partial: PartialSum,
  subject: PartialSumSubject,
  crypto: CryptoProvider,
): Uint8Array {
  const { dimension } = subject;
  const low = new Float64Array(dimension);
  const high = new Float64Array(dimension);
  let isNarrow = true;
  for (let i = 0; i < dimension; i++) {
    const value = partial.low[i]!;
    const carried = Math.floor(value / CARRY);
    low[i] = value - carried * CARRY;
    const upper = carried + (partial.high?.[i] ?? 0);
    high[i] = upper;
    isNarrow &&= upper >= -NARROW_HIGH && upper < NARROW_HIGH;
  }
  const header = new Uint8Array(HEADER_BYTES);
  const view = new DataView(header.buffer);
  header.set(MAGIC);
  header.set(subjectHash(subject, crypto), 8);
  view.setUint32(40, dimension, true);
  view.setUint32(44, partial.reports, true);
  view.setBigUint64(48, BigInt(partial.weight), true);
  view.setUint8(56, isNarrow ? NARROW : WIDE);
  const body = concatBytes(header, isNarrow ? narrowBytes(low, high) : wideBytes(low, high));
  return concatBytes(body, crypto.sha256(body));
}

/**
 * Reads a partial sum from bytes. It checks that the sum is of the same subject, and that the sums
 * are not larger than honest reports can make them.
 * @throws TributaryError `PARTIAL_SUM_INVALID` when a check fails. Length, header and checksum are
 *   checked before memory is taken for the values.
 */
export function decodePartialSum(
  bytes: Uint8Array,
  subject: PartialSumSubject,
  crypto: CryptoProvider,
): PartialSum {
  const { maxExampleCount, maxCohort } = PROTOCOL_CONSTANTS;
  const { dimension, aggregation } = subject;
  if (bytes.length < HEADER_BYTES + HASH_BYTES) throw invalid("it is cut short");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (MAGIC.some((byte, i) => bytes[i] !== byte)) {
    throw invalid("it is in another format or version");
  }
  if (!crypto.equal(bytes.subarray(8, 40), subjectHash(subject, crypto))) {
    throw invalid("it is of another round or plan");
  }
  const width = view.getUint8(56);
  if (view.getUint32(40, true) !== dimension || (width !== NARROW && width !== WIDE)) {
    throw invalid("it has another number of values");
  }
  const end = HEADER_BYTES + width * dimension;
  if (bytes.length !== end + HASH_BYTES) throw invalid("it is not as long as its header says");
  const reports = view.getUint32(44, true);
  const weight = Number(view.getBigUint64(48, true));
  const mostWeight = reports * (sumRule(aggregation).weightsByExamples ? maxExampleCount : 1);
  if (reports > maxCohort || weight < reports || weight > mostWeight) {
    throw invalid(`it claims ${reports} reports with a weight of ${weight}`);
  }
  if (!crypto.equal(bytes.subarray(end), crypto.sha256(bytes.subarray(0, end)))) {
    throw invalid("its checksum is wrong");
  }
  const body = new DataView(bytes.buffer, bytes.byteOffset + HEADER_BYTES, width * dimension);
  const { low, high } = width === NARROW ? readNarrow(body) : readWide(body);
  return { low, high, bound: CARRY, reports, weight };
}

/** The parts of sums: 0 ≤ low < 2⁴⁰, and sum i is high[i] · 2⁴⁰ + low[i]. */
interface Parts {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

function narrowBytes(low: Float64Array, high: Float64Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(NARROW * low.length));
  const highAt = 4 * low.length;
  for (let i = 0; i < low.length; i++) {
    const carried = Math.floor(low[i]! / NARROW_CARRY);
    view.setUint32(4 * i, low[i]! - carried * NARROW_CARRY, true);
    view.setInt32(highAt + 4 * i, high[i]! * NARROW_HIGHS + carried, true);
  }
  return new Uint8Array(view.buffer);
}

function readNarrow(view: DataView): Parts {
  const dimension = view.byteLength / NARROW;
  const low = new Float64Array(dimension);
  const high = new Float64Array(dimension);
  for (let i = 0; i < dimension; i++) {
    const upper = view.getInt32(4 * (dimension + i), true);
    high[i] = Math.floor(upper / NARROW_HIGHS);
    const carried = upper - high[i]! * NARROW_HIGHS;
    low[i] = carried * NARROW_CARRY + view.getUint32(4 * i, true);
  }
  return { low, high };
}

function wideBytes(low: Float64Array, high: Float64Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(WIDE * low.length));
  const highAt = 8 * low.length;
  for (let i = 0; i < low.length; i++) {
    view.setFloat64(8 * i, low[i]!, true);
    view.setFloat64(highAt + 8 * i, high[i]!, true);
  }
  return new Uint8Array(view.buffer);
}

/** @throws TributaryError `PARTIAL_SUM_INVALID` for a sum that no reports make. */
function readWide(view: DataView): Parts {
  const dimension = view.byteLength / WIDE;
  const low = new Float64Array(dimension);
  const high = new Float64Array(dimension);
  for (let i = 0; i < dimension; i++) {
    low[i] = view.getFloat64(8 * i, true);
    high[i] = view.getFloat64(8 * (dimension + i), true);
    const isValid =
      Number.isInteger(low[i]) &&
      low[i]! >= 0 &&
      low[i]! < CARRY &&
      Number.isInteger(high[i]) &&
      Math.abs(high[i]!) <= MAX_HIGH;
    if (!isValid) throw invalid(`its sum ${i} is not one that reports can make`);
  }
  return { low, high };
}

/** SHA-256 of what the sum is of, which stands in the header. */
function subjectHash(subject: PartialSumSubject, crypto: CryptoProvider): Uint8Array {
  const { roundId, update, aggregation, clipNorm } = subject;
  return crypto.sha256(
    utf8(`tributary/partial-sum/v1\0${canonicalize({ roundId, update, aggregation, clipNorm })}`),
  );
}

function invalid(why: string): TributaryError {
  return new TributaryError("PARTIAL_SUM_INVALID", `A partial sum cannot be merged: ${why}`, {
    remedy: "Make the partial sum again from the same reports.",
  });
}
