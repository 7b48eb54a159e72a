import { modelTerms } from "@tributary/core";
import { decodePlan, opaqueId, type RoundId } from "@tributary/protocol";
import type { EventPublisher } from "../../telemetry/event-feed.ts";
import type { TaskRecord } from "../../storage/round-store.ts";
import {
  newestReference,
  versionOfRound,
  withMemory,
  type ReadVersionDeps,
} from "../model/read-version.ts";
import { commitRollback, type CommitDeps } from "../round/commit-round.ts";
import type { TaskRunner } from "./task-runner.ts";

/**
 * Makes an older version of a task's model the newest, with what the server optimizer remembered
 * then, as a round of its own. The newest version is
 * only named and never read, so that a damaged one is no hindrance.
 * @param roundNumber - The round that made the older version; 0 for the initial model.
 * @param runner - Runs the task, if its model could be loaded. It is stopped first, and knows of
 *   the rollback afterwards.
 * @throws TributaryError `CHECKPOINT_UNKNOWN`, `CHECKPOINT_CORRUPT`, `STORAGE_UNAVAILABLE`,
 *   `TASK_STATE_CONFLICT`.
 */
export async function rollBack(
  task: TaskRecord,
  roundNumber: number,
  runner: TaskRunner | undefined,
  deps: ReadVersionDeps & CommitDeps & { readonly events: EventPublisher },
): Promise<void> {
  // The older version is read before the round in flight is abandoned for it.
  const terms = modelTerms(decodePlan(task.planBytes));
  const older = await versionOfRound(task, roundNumber, terms, deps);
  const target = await withMemory(older, task, terms, deps);
  await runner?.stop({ abandon: "rolled-back" });
  // What the runner holds may be out of date: a failing store may have taken a round and lost its
  // answer.
  const newest = await newestReference(task, deps.store);
  const id = opaqueId("rnd", deps.random.bytes(16)) as RoundId;
  const committed = await commitRollback(id, task, { newest, target }, deps);
  runner?.rolledBack(committed);
  deps.events.publish({ type: "round-ended", round: committed.record });
}
