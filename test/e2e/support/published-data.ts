import { join } from "node:path";

/** The folder of published data, which is not in the repository. */
export const publishedData: string | undefined = process.env["TRIBUTARY_DATA"];

/** A path in it, for tests that are skipped without it. */
export function published(...names: readonly string[]): string {
  return join(publishedData ?? "", ...names);
}
