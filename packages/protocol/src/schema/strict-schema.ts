// Schemas for text that people write. The message of every rule says what to do about a fault.
// `parseStrict` adds the cause, which it takes from the path and the value. So an error says both.
import * as z from "zod";
import { TributaryError, type ErrorCode } from "../errors.ts";
import { nearestKey } from "./nearest-key.ts";
import { remedyOf } from "./parameter.ts";

// When zod makes the first schema it tries whether `new Function` works, which a page with a strict
// content security policy reports as a violation. A plan or a task is parsed once, so that compiled
// schemas would gain nothing.
z.config({ jitless: true });

/**
 * An object with these keys and no others. The error for an unknown key names the nearest known
 * one.
 * @param remedy - What to write instead of a value that is no object.
 */
export function strictRecord<Shape extends z.core.$ZodLooseShape>(
  shape: Shape,
  remedy?: string,
): z.ZodObject<Shape, z.core.$strict> {
  const keys = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== "unrecognized_keys") {
        return remedy ?? `Give an object with the keys ${keys.join(", ")}.`;
      }
      const nearest = nearestKey(issue.keys[0] ?? "", keys);
      return nearest === undefined
        ? `The keys known here are ${keys.join(", ")}.`
        : `Perhaps you meant ${nearest}; the keys known here are ${keys.join(", ")}.`;
    },
  });
}

/** A whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number): z.ZodNumber {
  const error = remedyOf({ kind: "wholeNumber", from: min, to: max });
  return z.int({ error }).min(min, { error }).max(max, { error });
}

/** A number above 0, up to `max`. */
export function positiveNumber(max: number): z.ZodNumber {
  const error = remedyOf({ kind: "positiveNumber", to: max });
  return z.number({ error }).positive({ error }).max(max, { error });
}

/** A number from `min` up to but not `below`. */
export function fraction(min: number, below: number): z.ZodNumber {
  const error = remedyOf({ kind: "fraction", from: min, below });
  return z.number({ error }).min(min, { error }).lt(below, { error });
}

/** One of these words. */
export function oneOf<const Words extends readonly string[]>(
  words: Words,
): z.ZodEnum<{ [Word in Words[number]]: Word }> {
  return z.enum(words, { error: `Use one of ${words.join(", ")}.` });
}

/** True or false. */
export function flag(): z.ZodBoolean {
  return z.boolean({ error: remedyOf({ kind: "flag" }) });
}

/** Text of 1 to `maxLength` UTF-16 units. */
export function text(maxLength: number): z.ZodString {
  const error = `Use text of 1 to ${maxLength} characters.`;
  return z.string({ error }).min(1, { error }).max(maxLength, { error });
}

/**
 * A list of `min` to `max` items of one kind.
 * @param remedy - What to write instead of anything else.
 */
export function list<Item extends z.ZodType>(
  item: Item,
  { min, max }: { readonly min: number; readonly max: number },
  remedy?: string,
): z.ZodArray<Item> {
  const error = remedy ?? `Use a list of ${min} to ${max} items.`;
  return z.array(item, { error }).min(min, { error }).max(max, { error });
}

/**
 * Parses a value. The error for a value that is not valid names the first fault and its path.
 * @param code - The code of that error.
 * @param what - What the value is, as the subject of a sentence: `The task`.
 * @throws TributaryError `code`, with the path in `context.path`.
 */
export function parseStrict<Output>(
  schema: z.ZodType<Output>,
  value: unknown,
  { code, what }: { readonly code: ErrorCode; readonly what: string },
): Output {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  // An unknown key comes first: it is often the misspelt form of a key that is reported as missing.
  const { issues } = result.error;
  const issue = issues.find((one) => one.code === "unrecognized_keys") ?? issues[0];
  if (issue === undefined) throw new TributaryError(code, `${what} is not valid`);
  const unknownKey = issue.code === "unrecognized_keys" ? issue.keys[0] : undefined;
  const path = unknownKey === undefined ? issue.path : [...issue.path, unknownKey];
  const place = pathText(path);
  const subject = place === "" ? what : `${what}'s ${place}`;
  const cause =
    unknownKey === undefined
      ? `${subject} ${fault(valueAt(value, path))}`
      : `${what} has the unknown key ${place}`;
  throw new TributaryError(code, cause, { remedy: issue.message, context: { path: place } });
}

/** Says what the value is in a few words, since it may be as long as a model's topology. */
function fault(value: unknown): string {
  if (value === undefined) return "is missing";
  if (typeof value === "string") return `is ${JSON.stringify(value.slice(0, 60))}`;
  if (Array.isArray(value)) return "is a list that is not valid";
  if (value === null || typeof value === "number" || typeof value === "boolean") {
    return `is ${value}`;
  }
  return "is not valid";
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null && Object.hasOwn(inner, key)
        ? Reflect.get(inner, key)
        : undefined,
    value,
  );
}

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) => (typeof part === "number" ? `${text}[${part}]` : joinPath(text, String(part))),
    "",
  );
}

const joinPath = (path: string, key: string): string => {
  const shown = key.slice(0, 60);
  return path === "" ? shown : `${path}.${shown}`;
};
