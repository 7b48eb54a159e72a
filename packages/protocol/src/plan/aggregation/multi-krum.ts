import { PROTOCOL_CONSTANTS } from "../../protocol-constants.ts";
import { wholeNumbers } from "../../schema/parameter.ts";
import { byzantineParameter } from "./byzantine-parameter.ts";
import { needsPerByzantine, type RuleDefinition } from "./rule-definition.ts";

/** What a plan says to average the updates that Krum prefers. */
export interface MultiKrumSpec {
  readonly rule: "multiKrum";
  /** f: how many members of a cohort may be hostile; ≥ 1. */
  readonly byzantine: number;
  /** How many updates are averaged; reports − f − 2 if left out. */
  readonly selected?: number;
}

/** What `krum` needs with the same f. */
const krumNeeds = needsPerByzantine<MultiKrumSpec>(2, 3);

/** Multi-Krum. @see arXiv:1703.02757 §6 */
export const multiKrum: RuleDefinition<MultiKrumSpec> = {
  name: "multiKrum",
  meaning: "The mean of the `selected` updates that are best by the sum of distances of `krum`.",
  parameters: {
    byzantine: byzantineParameter,
    selected: {
      values: wholeNumbers(1, PROTOCOL_CONSTANTS.maxCohort),
      optional: true,
      meaning: "How many updates are averaged. Left out: reports − f − 2.",
    },
  },
  needs: `${krumNeeds.needs}, and \`selected\` + f + 2`,
  reportsNeeded: (spec) => Math.max(krumNeeds.reportsNeeded(spec), reportsForSelection(spec)),
  shortage(spec, reports) {
    if (reportsForSelection(spec) <= krumNeeds.reportsNeeded(spec)) {
      return krumNeeds.shortage(spec, reports);
    }
    const most = reports - spec.byzantine - 2;
    return {
      key: "selected",
      cause: `Of ${reports} reports at most reports − f − 2 can be selected`,
      change: most < 1 ? "lower byzantine" : `lower it to ${most}`,
    };
  },
  looksAt: ["distances"],
  source: "1703.02757",
};

/** The fewest reports of which `selected` can be chosen. */
function reportsForSelection({ byzantine, selected = 0 }: MultiKrumSpec): number {
  return selected + byzantine + 2;
}
