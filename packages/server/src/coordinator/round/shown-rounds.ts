// Round records as operators, monitoring and the rules of a task may see them: without the results
// of fewer reports than the server's floor.
import { withoutSmallCohort } from "@tributary/core";
import type { RoundId, TaskId } from "@tributary/protocol";
import type { RoundRecord, RoundStore } from "../../storage/round-store.ts";

export interface ShownRoundsDeps {
  readonly store: Pick<RoundStore, "round" | "rounds">;
  /** The fewest reports whose results may be shown; ≥ 1. */
  readonly minimumCohort: number;
}

/** All rounds of a task, in the order of `RoundStore.rounds`. */
export async function shownRounds(
  taskId: TaskId,
  { store, minimumCohort }: ShownRoundsDeps,
): Promise<RoundRecord[]> {
  return (await store.rounds(taskId)).map((record) => withoutSmallCohort(record, minimumCohort));
}

/** One round that has ended; undefined when there is none of that id. */
export async function shownRound(
  id: RoundId,
  { store, minimumCohort }: ShownRoundsDeps,
): Promise<RoundRecord | undefined> {
  const record = await store.round(id);
  return record && withoutSmallCohort(record, minimumCohort);
}
