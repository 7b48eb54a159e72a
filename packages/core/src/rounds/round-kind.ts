/**
 * What a round record describes:
 * - `training`: a cohort trained, and its updates made a checkpoint;
 * - `evaluation`: a cohort measured a checkpoint on held-out examples;
 * - `operator-evaluation`: the operator measured a checkpoint and sent the result;
 * - `rollback`: the operator made an older checkpoint the newest again.
 */
export type RoundKind = "training" | "evaluation" | "operator-evaluation" | "rollback";

/** Every kind of round, for parsers and schemas. */
export const ROUND_KINDS: readonly RoundKind[] = [
  "training",
  "evaluation",
  "operator-evaluation",
  "rollback",
];

/**
 * Whether a committed round of this kind makes the newest checkpoint of its task. Such a round has
 * a number of its own; an evaluation has the number of the round whose checkpoint it measures.
 */
export function makesCheckpoint(kind: RoundKind): boolean {
  return kind === "training" || kind === "rollback";
}
