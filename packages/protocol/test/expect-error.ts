import { expect } from "vitest";
import { isTributaryError, type ErrorCode, type TributaryError } from "../src/errors.ts";

/**
 * Runs a step that must fail.
 * @returns The `TributaryError` that it throws. The test fails when it throws nothing, or an error
 * of another code.
 */
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

/** As `errorOf`, for a step that rejects. */
export async function errorFrom(
  step: () => Promise<unknown>,
  code: ErrorCode,
): Promise<TributaryError> {
  const outcome = await step().then(
    () => () => undefined,
    (error: unknown) => () => {
      throw error;
    },
  );
  return errorOf(outcome, code);
}

/**
 * Runs a step on hostile input. It may succeed or throw a `TributaryError`; the test fails for any
 * other error.
 */
export function orTributaryError<Result>(step: () => Result): Result | TributaryError {
  try {
    return step();
  } catch (error) {
    if (isTributaryError(error)) return error;
    throw error;
  }
}
