import { TributaryError } from "../errors.ts";

/** Deepest nesting: tfjs topologies of nested models stay below 30, and recursion must not exhaust the stack. */
const MAX_DEPTH = 128;

/**
 * The canonical JSON text of a value (RFC 8785): keys in UTF-16 order, no spaces, numbers and strings as ECMAScript
 * writes them. Equal values give equal text, so equal hashes.
 * @param value - What JSON can hold: null, booleans, finite numbers, well-formed strings, arrays and plain objects.
 * @throws TributaryError `BAD_PARAMETER` for anything else, `undefined` properties included, and below 128 levels.
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
      // RFC 8785 §3.2.2.3: String() is ECMAScript's own number formatting, and gives 0 for -0.
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
  // With the u flag this matches only surrogates without their other half, which no UTF-8 stands for.
  if (/[\uD800-\uDFFF]/u.test(text)) throw refused(path, "has half of a surrogate pair");
  return JSON.stringify(text);
}

function writeArray(items: readonly unknown[], path: string, depth: number): string {
  // Not map(), which would skip holes.
  const parts = Array.from(items, (item, index) => write(item, `${path}[${index}]`, depth + 1));
  return `[${parts.join(",")}]`;
}

function writeObject(
  fields: Readonly<Record<string, unknown>>,
  path: string,
  depth: number,
): string {
  // RFC 8785 §3.2.3: by UTF-16 code units, which is how JavaScript compares strings.
  const parts = Object.keys(fields)
    .sort()
    .map((key) => {
      const where = `${path}.${key.slice(0, 80)}`;
      return `${writeString(key, where)}:${write(fields[key], where, depth + 1)}`;
    });
  return `{${parts.join(",")}}`;
}

/** An object literal, of this realm or another: its prototype is missing or is the root of its realm. */
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
