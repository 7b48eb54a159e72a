import type { ParameterFault } from "../../schema/parameter.ts";
import { ruleDefinition, type AggregationSpec } from "./rule-table.ts";

/**
 * Says whether a rule can work where it stands. No other place decides this.
 * @param reports - Of a round: the task's goal, or the plan's smallest cohort.
 * @param updatesInTheClear - Whether the server sees single updates: `updatesAreInTheClear` of the
 *   plan's codec.
 * @returns What is wrong, with the key in the section; undefined if nothing is.
 */
export function aggregationFault(
  spec: AggregationSpec,
  { reports, updatesInTheClear }: { readonly reports: number; readonly updatesInTheClear: boolean },
): ParameterFault | undefined {
  const rule = ruleDefinition(spec);
  if (!updatesInTheClear && rule.looksAt.length > 0) {
    return {
      key: "rule",
      remedy:
        "Use mean: the plan hides single updates from the server, and every other rule has to look at them.",
    };
  }
  const needed = rule.reportsNeeded(spec);
  if (reports >= needed) return undefined;
  const { key, cause, change } = rule.shortage(spec, reports);
  const raise = `raise the round's ${reports} reports to ${needed}`;
  return {
    key,
    remedy: `${cause}: ${change === undefined ? raise : `${change}, or ${raise}`}.`,
  };
}
