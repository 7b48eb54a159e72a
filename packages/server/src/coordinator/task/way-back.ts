import { TributaryError, clauseOf, isTributaryError, type ContentId } from "@tributary/protocol";
import type { CheckpointStore } from "../../storage/checkpoint-store.ts";
import type { TaskRecord } from "../../storage/round-store.ts";
import { newestReference, type ReadVersionDeps } from "../model/read-version.ts";

/**
 * The largest number of older checkpoints that are read in search of a whole one. Each may be
 * large, and a store that has lost so many is to be restored.
 */
const MAX_OLDER_READ = 8;

/**
 * Adds to the error of a newest version that cannot be read how the task can go on: from the newest
 * older version that is whole.
 */
export async function withWayBack(
  failure: unknown,
  task: TaskRecord,
  deps: ReadVersionDeps,
): Promise<unknown> {
  if (!isTributaryError(failure)) return failure;
  const whole = await newestWhole(task, deps).catch(() => undefined);
  if (whole === undefined) return failure;
  const way = `\`tributary task rollback ${task.id} --to ${whole}\` goes on from round ${whole}.`;
  return new TributaryError(failure.code, clauseOf(failure), {
    remedy: failure.remedy === undefined ? way : `${failure.remedy} ${way}`,
    context: failure.context,
    cause: failure,
  });
}

/** The round that made the newest version before the newest one that the store holds whole. */
async function newestWhole(
  task: TaskRecord,
  { store, checkpoints }: ReadVersionDeps,
): Promise<number | undefined> {
  const newest = await newestReference(task, store);
  const older = (await store.checkpoints(task.id)).filter(
    ({ id, roundNumber }) => roundNumber < newest.roundNumber && id !== newest.checkpointId,
  );
  for (const { id, roundNumber, optimizerMemory } of older.reverse().slice(0, MAX_OLDER_READ)) {
    const contents = optimizerMemory === null ? [id] : [id, optimizerMemory];
    if (await areWhole(contents, checkpoints)) return roundNumber;
  }
  return undefined;
}

async function areWhole(
  contents: readonly ContentId[],
  checkpoints: CheckpointStore,
): Promise<boolean> {
  for (const id of contents) {
    if ((await checkpoints.get(id).catch(() => undefined)) === undefined) return false;
  }
  return true;
}
