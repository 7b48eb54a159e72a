import { ParticipationLimits, hasLimits } from "../enrolment/participation-limits.ts";
import { TaskHistory } from "../rounds/task-history.ts";
import type { ParticipationStore } from "../storage/access-store.ts";
import type { TaskRecord } from "../storage/round-store.ts";
import { newestBase, type TaskBase, type TaskBaseDeps } from "./task-base.ts";
import type { TaskModel } from "./task-model.ts";

/** What the store holds of a task, as far as its rounds go on from it. */
export interface TaskState {
  readonly base: TaskBase;
  /** How often devices take part. */
  readonly limits: ParticipationLimits;
  readonly history: TaskHistory;
}

export interface TaskStateDeps extends TaskBaseDeps {
  readonly participations: ParticipationStore;
}

/**
 * Reads what a start, and an attempt after a failure, begin with.
 * @param known - Returned as it is when it is still the newest.
 * @throws TributaryError `CHECKPOINT_UNKNOWN`, `CHECKPOINT_CORRUPT` or `STORAGE_UNAVAILABLE`.
 */
export async function readTaskState(
  task: TaskRecord,
  model: TaskModel,
  deps: TaskStateDeps,
  known?: TaskBase,
): Promise<TaskState> {
  const base = await newestBase(task, model, deps, known);
  const { participation } = task.definition;
  // A task without limits asks the store for nothing.
  const records = hasLimits(participation) ? await deps.participations.participations(task.id) : [];
  return {
    base,
    limits: new ParticipationLimits(participation, task.createdAtMs, records, base.roundNumber),
    history: new TaskHistory(task.definition, await deps.store.rounds(task.id)),
  };
}
