// The assertions of the conformance suites. They throw plain errors, so that the suites run in any
// test runner.
import { isTributaryError, type ErrorCode } from "@tributary/protocol";

/** @throws Error with `what` when the condition does not hold. */
export function ok(condition: boolean, what: string): void {
  if (!condition) throw new Error(`The adapter does not conform: ${what}`);
}

/** Requires the same value. Unlike with `===`, NaN equals itself, and 0 differs from −0. */
export function equal(actual: unknown, expected: unknown, what: string): void {
  ok(Object.is(actual, expected), `${what} should be ${String(expected)} and is ${String(actual)}`);
}

/** Requires a number that is at most `tolerance` away from the expected one. */
export function near(
  actual: number | undefined,
  expected: number,
  tolerance: number,
  what: string,
): void {
  const isNear = actual !== undefined && Math.abs(actual - expected) <= tolerance;
  ok(isNear, `${what} should be about ${expected} and is ${actual}`);
}

/** Returns the index of the first value that differs, or −1 when there is none. 0 and −0 differ. */
export function firstDifference(a: Float32Array, b: Float32Array): number {
  return a.findIndex((value, i) => !Object.is(value, b[i]));
}

/** Requires as many values as expected, and each with the same bits. */
export function sameBits(actual: Float32Array, expected: Float32Array, what: string): void {
  equal(actual.length, expected.length, `the number of ${what}`);
  const index = firstDifference(actual, expected);
  ok(index < 0, `${what}: value ${index} should be ${expected[index]} and is ${actual[index]}`);
}

/**
 * Requires that `promise` rejects with a `TributaryError` of this code whose text contains all of
 * the words.
 */
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
  ok(isTributaryError(outcome, code), `it should fail with ${code}; it gave ${String(outcome)}`);
  for (const word of words) {
    ok(String(outcome).includes(word), `the error should contain "${word}": ${String(outcome)}`);
  }
}
