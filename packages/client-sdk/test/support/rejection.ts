import { TributaryError } from "../../src/index.ts";

/** The TributaryError with which a promise rejects; fails if it does not. */
export async function rejectionOf(promise: Promise<unknown>): Promise<TributaryError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof TributaryError) return error;
  throw new Error("It has not failed with a TributaryError", { cause: error });
}
