// The cases of a conformance suite, and the checks that they are made of. They throw errors of
// their own and need no test runner, so that the author of an adapter can run them in any.
import { toHex } from "../bytes/encoding.ts";
import { isTributaryError, TributaryError, type ErrorCode } from "../errors.ts";

/** One requirement of a port, which a run checks for one adapter. */
export interface ConformanceCase {
  /** A sentence that a test can have as its title. */
  readonly name: string;
  /** Throws, or rejects, when the adapter does not meet the requirement. */
  readonly run: () => void | Promise<void>;
}

/**
 * Checks a condition.
 * @param what - What must be true, for the error.
 * @throws TributaryError `INTERNAL` when the condition is false.
 */
export function expectThat(holds: boolean, what: string): void {
  if (!holds) throw new TributaryError("INTERNAL", `The adapter does not conform: ${what}`);
}

/**
 * Checks bytes that an adapter has made.
 * @param what - Names the bytes in the error.
 * @throws TributaryError `INTERNAL` unless they are `expectedHex` and a plain `Uint8Array`.
 */
export function expectBytes(
  actual: Uint8Array | undefined,
  expectedHex: string,
  what: string,
): void {
  if (actual === undefined) throw new TributaryError("INTERNAL", `${what} gave no bytes`);
  expectThat(toHex(actual) === expectedHex, `${what} gave ${toHex(actual)} and not ${expectedHex}`);
  expectThat(
    Object.getPrototypeOf(actual) === Uint8Array.prototype,
    `${what} gave a subclass of Uint8Array, whose slice() may share memory`,
  );
}

/**
 * Checks that a step fails.
 * @param what - Names the step in the error.
 * @throws TributaryError `INTERNAL` unless `step` throws, or rejects with, a `TributaryError` of
 * this code.
 */
export async function expectFailure(
  code: ErrorCode,
  step: () => unknown,
  what: string,
): Promise<void> {
  try {
    await step();
  } catch (error) {
    if (isTributaryError(error, code)) return;
    throw new TributaryError("INTERNAL", `${what} threw something other than ${code}`, {
      cause: error,
    });
  }
  throw new TributaryError("INTERNAL", `${what} did not throw ${code}`);
}
