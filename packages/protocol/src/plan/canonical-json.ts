import { TributaryError } from "../errors.ts";

/**
 * The deepest nesting of a value, so that the recursion cannot exhaust the stack. The tfjs
 * topologies of nested models have fewer than 30 levels.
 */
const MAX_DEPTH = 128;

/**
 * The canonical JSON text of a value (RFC 8785). Keys are in UTF-16 order, there are no spaces, and
 * numbers and strings are written as ECMAScript writes them. Equal values give equal text, and so
 * equal hashes.
 * @param value - What JSON can hold: null, booleans, finite numbers, well-formed strings, arrays
 *   and plain objects.
 * @throws TributaryError `BAD_PARAMETER` for anything else, such as an `undefined` property, and
 *   for more than 128 levels.
 */
export function canonicalize(value: unknown): string {
  return write(value, "$", 0);
}

function write(value: unknown, path: string, depth: number): string {
  if (depth > MAX_DEPTH) throw refused(path, `is nested deeper than ${MAX_DEPTH} levels`);
  switch (typeof value) {
    case "boolean":
      return String(value);
    case "number":
      // RFC 8785 §3.2.2.3 asks for ECMAScript's number formatting, which is String(); -0 becomes 0.
      if (!Number.isFinite(value)) throw refused(path, `is ${value}, which JSON cannot hold`);
      return String(value);
    case "string":
      return writeString(value, path);
    case "object":
      if (value === null) return "null";
      if (Array.isArray(value)) return writeArray(value, path, depth);
      if (isPlainObject(value)) return writeObject(value, path, depth);
      throw refused(path, "is not a plain object");
    default:
      throw refused(path, `is of the type ${typeof value}, which JSON cannot hold`);
  }
}

function writeString(text: string, path: string): string {
  // With the flag u this matches only surrogates without their other half, which UTF-8 cannot
  // encode.
  if (/[\uD800-\uDFFF]/u.test(text)) throw refused(path, "has half of a surrogate pair");
  return JSON.stringify(text);
}

function writeArray(items: readonly unknown[], path: string, depth: number): string {
  // Array.from visits holes, which map() would skip.
  const parts = Array.from(items, (item, index) => write(item, `${path}[${index}]`, depth + 1));
  return `[${parts.join(",")}]`;
}

function writeObject(
  fields: Readonly<Record<string, unknown>>,
  path: string,
  depth: number,
): string {
  // RFC 8785 §3.2.3 sorts by UTF-16 code units, which is how JavaScript compares strings.
  const parts = Object.keys(fields)
    .sort()
    .map((key) => {
      const where = `${path}.${key.slice(0, 80)}`;
      return `${writeString(key, where)}:${write(fields[key], where, depth + 1)}`;
    });
  return `{${parts.join(",")}}`;
}

/**
 * Whether a value is an object literal, of this realm or another: its prototype is missing, or is
 * the root of a realm.
 */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function refused(path: string, clause: string): TributaryError {
  const shown = path.length > 200 ? `…${path.slice(-200)}` : path;
  return new TributaryError("BAD_PARAMETER", `The value at ${shown} ${clause}`, {
    remedy: "Use only null, booleans, finite numbers, text, arrays and plain objects.",
    context: { path: shown },
  });
}
