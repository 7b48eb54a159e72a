/**
 * A `TributaryError` as a plain object, for what cannot carry an error with its fields: the message
 * to another thread or process, and JSON.
 *
 * ```ts
 * port.postMessage(toPlain(asTributaryError(error)));
 * // On the other side:
 * throw fromPlain(message);
 * ```
 */
import {
  TributaryError,
  clauseOf,
  isErrorCode,
  isTributaryError,
  type ErrorCode,
} from "./errors.ts";

/** An error that led to another one. A cause that is not an error is its text. */
export type PlainCause = PlainError | PlainForeignError | string;

/** A `TributaryError` that structured cloning and JSON leave as it is. */
export interface PlainError {
  readonly name: "TributaryError";
  readonly code: ErrorCode;
  /** The message without the remedy that it ends with. */
  readonly message: string;
  readonly remedy?: string;
  readonly retryAfterMs?: number;
  /** A number that is not finite is its text here, since JSON has no such numbers. */
  readonly context?: Readonly<Record<string, string | number | boolean>>;
  /** Where the error was made, for logs. */
  readonly stack?: string;
  readonly cause?: PlainCause;
}

/** An error of the platform or of a library. */
export interface PlainForeignError {
  readonly name: string;
  readonly message: string;
  /** For example `ENOENT`. */
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: PlainCause;
}

/** How many errors of a chain of causes are kept. The chain may be a circle, or come from anyone. */
const MAX_CAUSES = 8;

/**
 * Turns an error into a plain object.
 * @returns A value that structured cloning and JSON leave as it is. Its chain of causes ends after
 * eight of them.
 */
export function toPlain(error: TributaryError): PlainError {
  return plainError(error, MAX_CAUSES);
}

function plainError(error: TributaryError, causesLeft: number): PlainError {
  const { code, remedy, retryAfterMs, stack } = error;
  const context = Object.entries(error.context);
  return {
    name: "TributaryError",
    code,
    message: clauseOf(error),
    ...(remedy === undefined ? {} : { remedy }),
    ...(retryAfterMs !== undefined && Number.isFinite(retryAfterMs) ? { retryAfterMs } : {}),
    ...(context.length === 0
      ? {}
      : { context: Object.fromEntries(context.map(([name, fact]) => [name, plainFact(fact)])) }),
    ...(stack === undefined ? {} : { stack }),
    ...plainCause(error.cause, causesLeft),
  };
}

function plainFact(fact: string | number | boolean): string | number | boolean {
  return typeof fact === "number" && !Number.isFinite(fact) ? String(fact) : fact;
}

function plainCause(cause: unknown, causesLeft: number): { readonly cause?: PlainCause } {
  if (cause === undefined || causesLeft === 0) return {};
  if (isTributaryError(cause)) return { cause: plainError(cause, causesLeft - 1) };
  if (!(cause instanceof Error)) return { cause: textOf(cause) };
  const { name, message, stack } = cause;
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : undefined;
  return {
    cause: {
      name,
      message,
      ...(code === undefined ? {} : { code }),
      ...(stack === undefined ? {} : { stack }),
      ...plainCause(cause.cause, causesLeft - 1),
    },
  };
}

function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return typeof value; // for example an object without a prototype
  }
}

/**
 * Turns a plain object back into an error.
 * @param value - What `toPlain` made, or anything else: it is checked.
 * @returns An error with the same fields. It is of code `INTERNAL` when this version does not know
 * the code, and when `value` does not have the form of a `PlainError`.
 */
export function fromPlain(value: unknown): TributaryError {
  return revivedError(value, MAX_CAUSES) ?? malformed();
}

const malformed = (): TributaryError =>
  new TributaryError("INTERNAL", "An error arrived in a form that cannot be read");

/** `undefined` for a value that does not have the form of a `PlainError`. */
function revivedError(value: unknown, causesLeft: number): TributaryError | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { code, message, remedy, retryAfterMs, context, stack, cause } = fieldsOf(value);
  if (typeof code !== "string" || typeof message !== "string") return undefined;
  if (!isOptional(remedy, "string") || !isOptional(stack, "string")) return undefined;
  if (!isOptional(retryAfterMs, "number") || !(context === undefined || areFacts(context))) {
    return undefined;
  }
  const error = new TributaryError(isErrorCode(code) ? code : "INTERNAL", message, {
    ...(remedy === undefined ? {} : { remedy }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(context === undefined ? {} : { context: { ...context } }),
    cause: revivedCause(cause, causesLeft),
  });
  if (stack !== undefined) error.stack = stack;
  return error;
}

function revivedCause(value: unknown, causesLeft: number): unknown {
  if (causesLeft === 0) return undefined;
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null) return undefined;
  const { name, message, code, stack, cause } = fieldsOf(value);
  if (name === "TributaryError") return revivedError(value, causesLeft - 1);
  if (typeof name !== "string" || typeof message !== "string") return undefined;
  const error = new Error(message, { cause: revivedCause(cause, causesLeft - 1) });
  error.name = name;
  if (typeof stack === "string") error.stack = stack;
  return typeof code === "string" ? Object.assign(error, { code }) : error;
}

/** The fields of a value that may be of any form. */
function fieldsOf(value: object): Readonly<Record<string, unknown>> {
  return { ...value };
}

function isOptional(value: unknown, type: "string"): value is string | undefined;
function isOptional(value: unknown, type: "number"): value is number | undefined;
function isOptional(value: unknown, type: "string" | "number"): boolean {
  return value === undefined || typeof value === type;
}

function areFacts(value: unknown): value is Record<string, string | number | boolean> {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((fact) => ["string", "number", "boolean"].includes(typeof fact))
  );
}
