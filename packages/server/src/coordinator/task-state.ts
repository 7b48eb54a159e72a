import { ParticipationLimits, hasLimits } from "../enrolment/participation-limits.ts";
import { TaskHistory } from "@tributary/core";
import type { TaskRecord } from "../storage/round-store.ts";
import type { ModelVersion } from "./model/model-version.ts";
import { newestVersion, type ReadVersionDeps } from "./model/read-version.ts";
import type { ModelSealer } from "./model/model-sealer.ts";

/** What the store holds of a task, as far as its rounds go on from it. */
export interface TaskState {
  readonly base: ModelVersion;
  /** How often devices take part. */
  readonly limits: ParticipationLimits;
  readonly history: TaskHistory;
}

/**
 * Reads what a start, and an attempt after a failure, begin with.
 * @param known - Returned as it is when it is still the newest.
 * @throws TributaryError `CHECKPOINT_UNKNOWN`, `CHECKPOINT_CORRUPT` or `STORAGE_UNAVAILABLE`.
 */
export async function readTaskState(
  task: TaskRecord,
  model: ModelSealer,
  deps: ReadVersionDeps,
  known?: ModelVersion,
): Promise<TaskState> {
  const base = await newestVersion(task, model.terms, deps, known);
  const { participation } = task.definition;
  // A task without limits asks the store for nothing.
  const records = hasLimits(participation) ? await deps.store.participations(task.id) : [];
  return {
    base,
    limits: new ParticipationLimits(participation, task.createdAtMs, records),
    history: new TaskHistory(task.definition, await deps.store.rounds(task.id)),
  };
}
