import { TributaryError } from "@tributary/protocol";

/**
 * Writes results.
 * @param path - What is written, for the error.
 * @throws TributaryError `STORAGE_UNAVAILABLE` when that fails.
 */
export async function storing<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TributaryError("STORAGE_UNAVAILABLE", `${path} cannot be written (${reason})`, {
      remedy: "Give a place that you may write to and that has room for it.",
      cause,
    });
  }
}
