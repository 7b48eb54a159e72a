import { parseTask, type TaskDefinition } from "@tributary/protocol";

/** Keys of the task file in which a test wants its task to differ from `exampleTask`'s. */
export interface TaskChanges {
  readonly name?: string;
  readonly population?: string;
  readonly plan?: object;
  readonly round?: object;
  readonly aggregation?: object;
  readonly eligibility?: object;
  readonly participation?: object;
  readonly serverOptimizer?: object;
  readonly stop?: object;
  readonly evaluation?: object;
  readonly schedule?: object;
  readonly publicModel?: boolean;
  readonly priority?: number;
  readonly budget?: object;
}

/**
 * A small task: three reports close a round, and two suffice at the deadline.
 * @param changes - Keys of the task file. Those of `plan` and `round` are merged into the
 *   example's.
 * @throws TributaryError `TASK_INVALID` as `parseTask`.
 */
export function exampleTask(changes: TaskChanges = {}): TaskDefinition {
  return parseTask({
    population: "writers",
    name: "digits",
    model: { builtin: "logistic-regression" },
    ...changes,
    plan: { metrics: ["accuracy"], update: { codec: "float32" }, ...changes.plan },
    round: {
      goalCount: 3,
      overselection: 1,
      minimumFraction: 0.6,
      selectionTimeoutMs: 1_000,
      reportingTimeoutMs: 10_000,
      ...changes.round,
    },
  });
}
