import { TributaryError, canonicalize } from "@tributary/protocol";

/**
 * Checks that values to run with differ: of equal runs, means and tests would be wrong.
 * @param path - The key that lists them.
 * @throws TributaryError `CONFIG_INVALID`
 */
export function requireDistinct(path: string, values: readonly unknown[]): void {
  const seen = new Set<string>();
  for (const value of values) {
    const text = canonicalize(value);
    if (seen.has(text)) {
      throw new TributaryError("CONFIG_INVALID", `${path} has ${text} more than once`, {
        remedy: "List each value once.",
        context: { path },
      });
    }
    seen.add(text);
  }
}
