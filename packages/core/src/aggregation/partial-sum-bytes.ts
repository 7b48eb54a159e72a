/**
 * Partial sums as bytes, for reports that are added up on several machines:
 *
 *   "TRIBSUM1" ‖ subject(32) ‖ u32 dimension ‖ u32 reports ‖ u64 weight ‖ u8 width ‖ 3 zero bytes
 *   ‖ u32 low[dimension] ‖ high[dimension] (int32 at width 8, float64 at width 12)
 *   ‖ SHA-256 of all bytes before
 *
 * `subject` is the SHA-256 of what the sums are of: the round, the update codec, the rule and the clip norm. All
 * numbers are little-endian. The sum i is high[i] · 2³² + low[i] in units of 2⁻³². The width is the
 * number of bytes for each sum. It is 8 whenever all sums fit, so that the same reports give the
 * same bytes, whichever way they were divided among machines and merged.
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

const MAGIC = utf8("TRIBSUM1");
const HEADER_BYTES = 60;
const HASH_BYTES = 32;
const CARRY = 2 ** 32;
const INT32 = 2 ** 31;
/**
 * A bound on every valid high part. One report adds at most 2⁵¹ units, and the reports of the
 * largest cohort at most 2⁶⁵, so that a valid high part is at most 2³³.
 */
const MAX_HIGH = 2 ** 40;

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
  const low = new Uint32Array(dimension);
  const high = new Float64Array(dimension);
  let isNarrow = true;
  for (let i = 0; i < dimension; i++) {
    const value = partial.low[i]!;
    const carried = Math.floor(value / CARRY);
    low[i] = value - carried * CARRY;
    const upper = carried + (partial.high?.[i] ?? 0);
    high[i] = upper;
    isNarrow &&= upper >= -INT32 && upper < INT32;
  }
  const header = new Uint8Array(HEADER_BYTES);
  const view = new DataView(header.buffer);
  header.set(MAGIC);
  header.set(subjectHash(subject, crypto), 8);
  view.setUint32(40, dimension, true);
  view.setUint32(44, partial.reports, true);
  view.setBigUint64(48, BigInt(partial.weight), true);
  view.setUint8(56, isNarrow ? 8 : 12);
  const body = concatBytes(
    header,
    littleEndian(low),
    littleEndian(isNarrow ? Int32Array.from(high) : high),
  );
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
  if (view.getUint32(40, true) !== dimension || (width !== 8 && width !== 12)) {
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
  const low = new Float64Array(dimension);
  const high = new Float64Array(dimension);
  const highAt = HEADER_BYTES + 4 * dimension;
  for (let i = 0; i < dimension; i++) {
    low[i] = view.getUint32(HEADER_BYTES + 4 * i, true);
    const upper =
      width === 8 ? view.getInt32(highAt + 4 * i, true) : view.getFloat64(highAt + 8 * i, true);
    if (!Number.isInteger(upper) || Math.abs(upper) > MAX_HIGH) {
      throw invalid(`its sum ${i} is larger than reports can make it`);
    }
    high[i] = upper;
  }
  return { low, high, bound: CARRY, reports, weight };
}

/** SHA-256 of what the sum is of, which stands in the header. */
function subjectHash(subject: PartialSumSubject, crypto: CryptoProvider): Uint8Array {
  const { roundId, update, aggregation, clipNorm } = subject;
  return crypto.sha256(
    utf8(`tributary/partial-sum/v1\0${canonicalize({ roundId, update, aggregation, clipNorm })}`),
  );
}

function littleEndian(values: Uint32Array | Int32Array | Float64Array): Uint8Array {
  const bytes = new Uint8Array(values.byteLength);
  const view = new DataView(bytes.buffer);
  if (values instanceof Uint32Array) values.forEach((v, i) => view.setUint32(4 * i, v, true));
  else if (values instanceof Int32Array) values.forEach((v, i) => view.setInt32(4 * i, v, true));
  else values.forEach((v, i) => view.setFloat64(8 * i, v, true));
  return bytes;
}

function invalid(why: string): TributaryError {
  return new TributaryError("PARTIAL_SUM_INVALID", `A partial sum cannot be merged: ${why}`, {
    remedy: "Make the partial sum again from the same reports.",
  });
}
