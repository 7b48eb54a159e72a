import { codecDefinition, type UpdateSpec } from "../update/codec-table.ts";
import { ruleDefinition, type AggregationSpec } from "./aggregation/rule-table.ts";

/**
 * Says whether a codec can work where it stands: beside an aggregation rule and a bound of the
 * update's norm. No other place decides this.
 * @returns What to do instead, as one sentence; undefined if the codec can work.
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
  const definition = codecDefinition(update);
  const { looksAt } = ruleDefinition(aggregation);
  if (definition.leavesResidual && clipNorm !== null) {
    return `Use another codec, or clipNorm null: with ${codec} a client adds what earlier updates left out, and so passes the bound.`;
  }
  if (looksAt.includes("ranks") && definition.isMostlyZero(update)) {
    return `Use another codec, or the rule mean: most values of a ${codec} update are 0, and so would be what the rule ${rule} makes of them.`;
  }
  if (looksAt.includes("distances") && definition.isMostlyError(update)) {
    return `Use another codec or more bits, or the rule median or mean: the error of such an update in ${codec} is larger than the update, and the rule ${rule} would choose by it.`;
  }
  return undefined;
}

/**
 * Says whether a codec can write the differences between checkpoints. What a difference loses goes
 * into the next one. Where most is lost, clients train from a checkpoint that is many rounds behind
 * what they have taught it, teach it the same again, and the model overshoots.
 * @returns What to do instead, as one sentence; undefined if the codec can write them.
 */
export function differenceFault(update: UpdateSpec): string | undefined {
  const definition = codecDefinition(update);
  if (!definition.isMostlyError(update) && !definition.isMostlyZero(update)) return undefined;
  return `Use eden, more bits, or another encoding than difference: ${update.codec} as it is set loses most of a difference, and a model cannot learn through it.`;
}
