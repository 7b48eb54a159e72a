import { expect } from "vitest";
import { isTributaryError, type ErrorCode, type TributaryError } from "../src/errors.ts";

/** The `TributaryError` that `step` throws; fails the test for any other outcome or code. */
export function errorOf(step: () => unknown, code: ErrorCode): TributaryError {
  try {
    step();
  } catch (error) {
    if (!isTributaryError(error)) throw error;
    expect(error.code, error.message).toBe(code);
    return error;
  }
  throw new Error(`expected ${code}, and nothing was thrown`);
}

/** Runs `step` on hostile input: any outcome is fine but an error of another kind. */
export function orTributaryError<Result>(step: () => Result): Result | TributaryError {
  try {
    return step();
  } catch (error) {
    if (isTributaryError(error)) return error;
    throw error;
  }
}
