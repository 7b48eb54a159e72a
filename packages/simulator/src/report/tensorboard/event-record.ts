import { crc32c } from "./crc32c.ts";

/**
 * A record of an event file: the length of a message, the message, and a checksum after each.
 * @see TFRecord, as `tensorflow/core/lib/io/record_writer.h` describes it
 */
export function eventRecord(message: Uint8Array): Uint8Array {
  const record = new Uint8Array(message.length + 16);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(message.length), true);
  view.setUint32(8, masked(crc32c(record.subarray(0, 8))), true);
  record.set(message, 12);
  view.setUint32(12 + message.length, masked(crc32c(message)), true);
  return record;
}

/** A checksum as records store it, so that one over a record that holds checksums is no weaker. */
const masked = (crc: number): number => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
