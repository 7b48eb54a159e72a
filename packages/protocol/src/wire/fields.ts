/**
 * Reads of single fields of a decoded protocol buffer. The generated code gives objects whose
 * fields have a wire type and nothing more: a string of any length, a list of any size. Each
 * function here checks one field and gives it a type.
 */
import { toHex } from "../bytes/encoding.ts";
import { TributaryError } from "../errors.ts";
import type { ArtifactId, RoundId } from "../ids.ts";
import { PROTOCOL_CONSTANTS } from "../protocol-constants.ts";
import type { ArtifactReference, MetricValue, PartialReference } from "./messages.ts";

/** A decoded protocol buffer whose fields have not been checked. Absent messages are `null`. */
export type Fields = Readonly<Record<string, unknown>>;

/** For each body of an envelope, by its name, what makes a message of its fields. */
export type Decoders<Message> = Readonly<Record<string, (fields: Fields) => Message>>;

/**
 * The longest text field, in UTF-16 units. Text fields are names, ids and explanations of one
 * sentence.
 */
export const MAX_TEXT_LENGTH = 1_024;

/**
 * The error for a message whose form is wrong.
 * @param what - What is wrong, as a clause that begins with the field's name or "it".
 */
export function malformed(what: string, cause?: unknown): TributaryError {
  return new TributaryError("MALFORMED_FRAME", `The message is malformed: ${what}`, { cause });
}

/**
 * A nested message, which must be there. `value` is the field itself, and `name` is for the error.
 */
export function record(value: unknown, name: string): Fields {
  if (typeof value !== "object" || value === null) throw malformed(`${name} is missing`);
  return value as Fields;
}

/** A repeated field of at most `maxLength` entries, which have not been checked. */
export function list(fields: Fields, name: string, maxLength: number): readonly unknown[] {
  const value = fields[name];
  if (!Array.isArray(value)) throw malformed(`${name} is not a list`);
  if (value.length > maxLength) throw malformed(`${name} has more than ${maxLength} entries`);
  return value;
}

/** An integer in [0, 2^32); protocol buffers have no other in a field of type `uint32`. */
export function uint(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value !== "number") throw malformed(`${name} is not a number`);
  return value;
}

/** A text field of at most `MAX_TEXT_LENGTH` units; empty when the sender left it out. */
export const text = (fields: Fields, name: string): string => asText(fields[name], name);

/** Checks a text of at most `maxLength` UTF-16 units. */
export function asText(value: unknown, name: string, maxLength: number = MAX_TEXT_LENGTH): string {
  if (typeof value !== "string") throw malformed(`${name} is not text`);
  if (value.length > maxLength) throw malformed(`${name} is longer than ${maxLength} characters`);
  return value;
}

/**
 * Bytes of exactly `length`, or of any length when it is absent. They are a view of the message.
 */
export function octets(fields: Fields, name: string, length?: number): Uint8Array {
  const value = fields[name];
  if (!(value instanceof Uint8Array)) throw malformed(`${name} is not bytes`);
  if (length !== undefined && value.length !== length) {
    throw malformed(`${name} is not ${length} bytes long`);
  }
  return value;
}

/** The id of a round, of any text: the session compares it with the rounds that it knows. */
export function roundIdField(fields: Fields): RoundId {
  return text(fields, "roundId") as RoundId;
}

/** The name and length of an artifact, which must be there. */
export function artifact<Id extends ArtifactId>(
  value: unknown,
  name: string,
): ArtifactReference<Id> {
  const fields = record(value, name);
  return {
    id: toHex(octets(fields, "sha256", 32)) as Id,
    byteLength: uint(fields, "byteLength"),
  };
}

/** A list of metrics. Whether values are finite, and names those of the plan, is checked later. */
export function metricsField(fields: Fields): readonly MetricValue[] {
  return list(fields, "metrics", PROTOCOL_CONSTANTS.maxMetrics).map((value) => {
    const metric = record(value, "metrics");
    const number = metric["value"];
    if (typeof number !== "number") throw malformed("a metric has no value");
    return { name: text(metric, "name"), value: number };
  });
}

/** The chunks of an artifact that a client has kept; an empty object when the field is absent. */
export function partialField(fields: Fields): { readonly partial?: PartialReference } {
  const value = fields["partial"];
  if (value === null) return {};
  const inner = record(value, "partial");
  const id = toHex(octets(inner, "sha256", 32)) as ArtifactId;
  return { partial: { id, chunks: uint(inner, "chunks") } };
}
