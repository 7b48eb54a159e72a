import type { EvaluateRequest, Examples, Trainer } from "@tributary/client-sdk";
import type { Plan } from "@tributary/protocol";
import type { AttackPart } from "../attacks/attack-part.ts";
import { SCORED_AT_ONCE, type PartScore } from "./trainer-pool.ts";

/** What a part of the held-out examples is scored with. */
export interface ScorerDeps {
  readonly plan: Plan;
  readonly trainer: Trainer;
  readonly attack: AttackPart | undefined;
  readonly classCount: number;
}

/** Measures a model on the held-out examples from `first` on. */
export async function scorePart(
  { plan, ...deps }: ScorerDeps,
  heldOut: Examples,
  { weights, first, signal }: Pick<EvaluateRequest, "weights" | "signal"> & { first: number },
): Promise<PartScore> {
  const examples = slice(heldOut, first, first + SCORED_AT_ONCE);
  const asked = { plan, weights, examples, signal };
  const measured = await deps.trainer.measure(asked);
  const attacked = await attackSuccess(deps, asked);
  return { exampleCount: examples.count, ...measured, ...(attacked && { attacked }) };
}

/** How often a model answers held-out examples as attackers want, who must want something certain. */
async function attackSuccess(
  { attack, trainer, classCount }: Omit<ScorerDeps, "plan">,
  asked: EvaluateRequest,
): Promise<PartScore["attacked"]> {
  const examples = attack?.aim(asked.examples, classCount);
  if (examples === undefined || examples.count === 0) return undefined;
  const { plan } = asked;
  const answers: Plan = { ...plan, training: { ...plan.training, metrics: ["accuracy"] } };
  const { metrics } = await trainer.measure({ ...asked, plan: answers, examples });
  return { exampleCount: examples.count, successRate: metrics["accuracy"]! };
}

/** Views of the examples from `from` up to, but not including, `to`. */
function slice(examples: Examples, from: number, to: number): Examples {
  const { features, labels, count } = examples;
  const end = Math.min(to, count);
  const width = count === 0 ? 0 : features.length / count;
  const labelWidth = count === 0 ? 0 : labels.length / count;
  return {
    ...examples,
    features: features.subarray(from * width, end * width),
    labels: labels.subarray(from * labelWidth, end * labelWidth),
    count: end - from,
  };
}
