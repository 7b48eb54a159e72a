import {
  TributaryError,
  layoutOf,
  modelParts,
  rangesSize,
  updateCodec,
  type Limits,
  type Plan,
} from "@tributary/protocol";
import { heldBytes } from "./create-aggregation-rule.ts";
import { heldStatisticsBytes } from "./open-statistics.ts";
import { sumRuleNames } from "./rule-implementations.ts";

/**
 * Refuses a plan whose aggregation rule would hold more bytes of a round in memory than the server
 * allows. The check is made when a task is created, so that its first round does not fail.
 * @param goalCount - The largest number of reports in a round.
 * @param limits.maxRobustAggregationBytes - The largest number of bytes that a rule may hold.
 * @throws TributaryError `TASK_INVALID`, which names both numbers and says how to stay below.
 */
export function checkAggregationMemory(
  plan: Plan,
  goalCount: number,
  { maxRobustAggregationBytes: limit }: Pick<Limits, "maxRobustAggregationBytes">,
): void {
  const codec = updateCodec(plan.update);
  const { training, model, aggregation } = plan;
  const parts = modelParts(layoutOf(model.parameters), model.topology, training);
  const dimension = rangesSize(parts.updated);
  const channels = rangesSize(parts.statistics) / 2;
  const bytesFor = (reports: number): number =>
    heldBytes(aggregation, reports, codec, dimension) +
    reports * heldStatisticsBytes(aggregation, channels);
  const bytes = bytesFor(goalCount);
  if (bytes <= limit) return;
  // The remedy names the largest goal count that would fit.
  let fits = goalCount;
  while (fits > 0 && bytesFor(fits) > limit) fits -= 1;
  const lower = fits < 1 ? "train fewer layers" : `lower round.goalCount to ${fits}`;
  const shrink = plan.update.codec === "float32" ? ", use the update codec uniform" : "";
  const each = codec.payloadBytes(dimension).max;
  throw new TributaryError(
    "TASK_INVALID",
    `The rule ${aggregation.rule} keeps the ${goalCount} updates of a round in memory. At ` +
      `${each} bytes for each update, it needs ${bytes} bytes with its working memory, and the ` +
      `server allows ${limit}`,
    {
      remedy:
        `To stay within the limit, ${lower}${shrink}, or use the rule ` +
        `${sumRuleNames.join(" or ")}, which keeps no updates.`,
      context: { path: "aggregation.rule", bytes, limit },
    },
  );
}
