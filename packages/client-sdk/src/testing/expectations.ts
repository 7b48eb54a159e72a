// What the conformance suites say of a value, for any test runner.
import { isTributaryError, type ErrorCode } from "@tributary/protocol";

/** @throws Error saying what is not so. */
export function ok(condition: boolean, what: string): void {
  if (!condition) throw new Error(`Not as required: ${what}`);
}

/** The same value: NaN is itself, and 0 is not −0. */
export function equal(actual: unknown, expected: unknown, what: string): void {
  ok(Object.is(actual, expected), `${what} is ${String(actual)}, not ${String(expected)}`);
}

/** At most `tolerance` away. */
export function near(
  actual: number | undefined,
  expected: number,
  tolerance: number,
  what: string,
): void {
  const isNear = actual !== undefined && Math.abs(actual - expected) <= tolerance;
  ok(isNear, `${what} is ${actual}, not ${expected}`);
}

/** Index of the first value that has other bits, or −1. */
export function firstDifference(a: Float32Array, b: Float32Array): number {
  return a.findIndex((value, i) => !Object.is(value, b[i]));
}

/** As many values with the same bits. */
export function sameBits(actual: Float32Array, expected: Float32Array, what: string): void {
  equal(actual.length, expected.length, `length of ${what}`);
  const index = firstDifference(actual, expected);
  ok(index < 0, `${what} differ at ${index}: ${actual[index]}, not ${expected[index]}`);
}

/** Rejects unless `promise` rejects with a `TributaryError` of this code whose text has all the words. */
export async function fails(
  code: ErrorCode,
  promise: Promise<unknown>,
  words: readonly string[],
): Promise<void> {
  let outcome: unknown = "success";
  try {
    await promise;
  } catch (error) {
    outcome = error;
  }
  ok(isTributaryError(outcome, code), `it ended with ${String(outcome)}, not ${code}`);
  for (const word of words) ok(String(outcome).includes(word), `${String(outcome)} lacks ${word}`);
}
