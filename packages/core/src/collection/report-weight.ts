import type { TaskDefinition } from "@tributary/protocol";

/** What a task says about how much its reports count. */
export type WeightingTerms = Pick<TaskDefinition, "weighting" | "maximumExamples">;

/**
 * The number of examples for which a report counts. It is capped, because the number that a client
 * claims cannot be checked.
 * @param exampleCount - As the client claims it; a whole number ≥ 1.
 */
export function reportWeight(
  { weighting, maximumExamples }: WeightingTerms,
  exampleCount: number,
): number {
  return weighting === "uniform" ? 1 : Math.min(exampleCount, maximumExamples);
}
