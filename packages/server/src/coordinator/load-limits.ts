import { ParticipationLimits, hasLimits } from "../enrolment/participation-limits.ts";
import type { ParticipationStore } from "../storage/access-store.ts";
import type { TaskRecord } from "../storage/round-store.ts";

/**
 * How often devices take part in a task, with what is stored of them; a task without limits asks the store for nothing.
 * @throws TributaryError `STORAGE_UNAVAILABLE`.
 */
export async function loadLimits(
  { id, definition, createdAtMs }: TaskRecord,
  committedRounds: number,
  { participations }: { readonly participations: ParticipationStore },
): Promise<ParticipationLimits> {
  const { participation: terms } = definition;
  const records = hasLimits(terms) ? await participations.participations(id) : [];
  return new ParticipationLimits(terms, createdAtMs, records, committedRounds);
}
