// The floor that a server puts under all of its tasks: no result of fewer reports than the floor
// leaves the server. A result of one report would be one client's.
import { TributaryError, type TaskDefinition } from "@tributary/protocol";
import type { RoundKind } from "./round-kind.ts";

/**
 * Checks that rounds and evaluations of a task can have as many reports as the server's floor.
 * @param minimumCohort - The fewest reports that the server lets any round commit with; ≥ 1.
 * @throws TributaryError `TASK_INVALID`, which names the key of the task file to change.
 */
export function checkCohortFloor(definition: TaskDefinition, minimumCohort: number): void {
  const { round, evaluation } = definition;
  const goals = [
    ["round.goalCount", round.goalCount],
    ["evaluation.goalCount", evaluation.goalCount ?? round.goalCount],
  ] as const;
  for (const [path, goalCount] of goals) {
    if (goalCount >= minimumCohort) continue;
    throw new TributaryError(
      "TASK_INVALID",
      `The task's ${path} is ${goalCount}, and this server lets no round commit with fewer than ` +
        `${minimumCohort} reports`,
      {
        remedy:
          `Use a goal count of at least ${minimumCohort}. ` +
          "Whoever runs the server sets its floor with `serve --minimum-cohort`.",
        context: { path, minimumCohort },
      },
    );
  }
}

/** The part of a round record that says what its reports came to. */
interface CohortResult {
  readonly kind: RoundKind;
  /** Number of reports that were counted. */
  readonly reported: number;
  readonly exampleCount: number;
  readonly metrics: Readonly<Record<string, number>>;
  /** What was measured beyond one number for each metric. */
  readonly metricDetail: object;
}

/**
 * What may be shown of a record: of a cohort with fewer reports than the floor, neither metrics nor
 * the number of examples. Such a record is of an abandoned round, or it is older than the floor.
 * @returns The record itself when all of it may be shown.
 */
export function withoutSmallCohort<Result extends CohortResult>(
  record: Result,
  minimumCohort: number,
): Result {
  const hasCohort = record.kind === "training" || record.kind === "evaluation";
  if (!hasCohort || record.reported >= minimumCohort) return record;
  return { ...record, exampleCount: 0, metrics: {}, metricDetail: {} };
}
