import {
  TributaryError,
  layoutOf,
  rangesSize,
  trainableRanges,
  updateCodec,
  type Limits,
  type Plan,
} from "@tributary/protocol";
import { heldBytes } from "./create-aggregation-rule.ts";

/**
 * Refuses a plan whose rule would have to keep more of a round than the server allows: before the task exists, and not
 * in the middle of its first round.
 * @param goalCount - Most reports that a round takes.
 * @throws TributaryError `TASK_INVALID` with the numbers.
 */
export function checkAggregationMemory(
  plan: Plan,
  goalCount: number,
  { maxRobustAggregationBytes: limit }: Pick<Limits, "maxRobustAggregationBytes">,
): void {
  const codec = updateCodec(plan.update);
  const { training, model, aggregation } = plan;
  const dimension = rangesSize(trainableRanges(layoutOf(model.parameters), training.trainable));
  const bytes = heldBytes(aggregation, goalCount, codec, dimension);
  if (bytes <= limit) return;
  let fits = goalCount;
  while (fits > 0 && heldBytes(aggregation, fits, codec, dimension) > limit) fits -= 1;
  const lower = fits < 1 ? "train fewer layers" : `lower round.goalCount to ${fits}`;
  const shrink = plan.update.codec === "float32" ? ", use the update codec uniform" : "";
  throw new TributaryError(
    "TASK_INVALID",
    `The rule ${aggregation.rule} keeps the ${goalCount} updates of a round in memory, of ${codec.payloadBytes(dimension).max} ` +
      `bytes each: ${bytes} bytes with room to work on them, where the server allows ${limit}`,
    {
      remedy: `To stay within it, ${lower}${shrink}, or use the rule mean or normBound, which keep no updates.`,
      context: { path: "aggregation.rule", bytes, limit },
    },
  );
}
