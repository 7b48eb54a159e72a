/**
 * What a task's record tells of: a cohort that trained; a cohort that measured a checkpoint on held-out examples; a measurement
 * that the operator made; a return to an older checkpoint.
 */
export type RoundKind = "training" | "evaluation" | "operator-evaluation" | "rollback";

/** All kinds of rounds. */
export const ROUND_KINDS: readonly RoundKind[] = [
  "training",
  "evaluation",
  "operator-evaluation",
  "rollback",
];

/** Whether a committed round of this kind makes its task's newest checkpoint, and so takes a number of its own. */
export function makesCheckpoint(kind: RoundKind): boolean {
  return kind === "training" || kind === "rollback";
}
