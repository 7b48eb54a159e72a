import type { StoredResults } from "@tributary/simulator";
import { formatTable } from "../terminal/output.ts";

/** Experiments side by side, as a table with a line for each choice of what they vary. */
export async function describeComparison(results: readonly StoredResults[]): Promise<string> {
  const { compare, comparisonTable } = await import("@tributary/simulator");
  const { head, rows } = comparisonTable(compare(results));
  return formatTable(head, rows);
}
