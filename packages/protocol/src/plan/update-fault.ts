import type { UpdateSpec } from "../update/codec-registry.ts";
import type { AggregationSpec } from "./aggregation-rule.ts";

type Rule = AggregationSpec["rule"];

/** Rules that look at each value's rank among the updates. */
const RANKING: readonly Rule[] = ["median", "trimmedMean", "bulyan"];
/** Rules that choose updates by their distances from each other. */
const MEASURING: readonly Rule[] = ["krum", "multiKrum", "bulyan"];

/**
 * The one place that says whether a codec can work where it stands.
 * @returns What to do instead, as one sentence.
 */
export function updateFault(
  update: UpdateSpec,
  {
    aggregation,
    clipNorm,
  }: { readonly aggregation: AggregationSpec; readonly clipNorm: number | null },
): string | undefined {
  const { codec } = update;
  const { rule } = aggregation;
  if (codec === "top-k" && clipNorm !== null) {
    return "Use another codec, or clipNorm null: with top-k a client adds what earlier updates left out, and so passes the bound.";
  }
  if (isMostlyZero(update) && RANKING.includes(rule)) {
    return `Use another codec, or the rule mean: most values of a ${codec} update are 0, and so would be what the rule ${rule} makes of them.`;
  }
  if (isMostlyRounding(update) && MEASURING.includes(rule)) {
    return `Use another codec or more bits, or the rule median or mean: the rounding of such a ${codec} update is larger than what it says, and the rule ${rule} would choose by it.`;
  }
  return undefined;
}

function isMostlyZero(update: UpdateSpec): boolean {
  return update.codec === "top-k" || (update.codec === "random-k" && update.fraction <= 0.5);
}

/** Whether E‖x̂ − x‖² is ‖x‖² or more: see docs/update-codecs.md. */
function isMostlyRounding(update: UpdateSpec): boolean {
  switch (update.codec) {
    case "float32":
    case "float16":
    case "drive":
    case "top-k":
      return false;
    case "terngrad":
      return true;
    case "eden":
    case "rotated-uniform":
      return update.bits < (update.codec === "eden" ? 1 : 2);
    case "uniform":
      return update.bits < 3;
    case "qsgd":
      return update.bits < 7;
    case "random-k":
      return update.fraction <= 0.5;
  }
}
