import { isTributaryError, type ErrorCode } from "@tributary/protocol";
import { AssertionError } from "node:assert";

/** One requirement of a port, as a test of one adapter. */
export interface ConformanceCase {
  /** A sentence, for use as a test's title. */
  readonly name: string;
  /** Rejects when the adapter does not meet the requirement. */
  readonly run: () => Promise<void>;
}

/** Rejects unless `promise` rejects with a `TributaryError` of this code that has a remedy. */
export async function expectFailure(code: ErrorCode, promise: Promise<unknown>): Promise<void> {
  let actual: unknown = "no error";
  try {
    await promise;
  } catch (error) {
    if (isTributaryError(error, code) && error.remedy !== undefined) return;
    actual = error;
  }
  throw new AssertionError({
    message: `expected ${code} with a remedy, got ${String(actual)}`,
    actual,
    expected: code,
  });
}
