// What a task may ask for in a simulation.
import { cohortSize } from "@tributary/core";
import { TributaryError, type TaskDefinition } from "@tributary/protocol";
import { clientCount, rowsOf, type Partition } from "../partition/partition.ts";

/**
 * @throws TributaryError `CONFIG_INVALID` when the task asks for what a simulation would silently not
 *   do: its clients are no known devices, and its time has no date.
 */
export function requireSimulated({ participation, schedule }: TaskDefinition): void {
  const asked = [
    ["participation.minimumSeparation", participation.minimumSeparation > 1],
    ["participation.windowMs", participation.windowMs !== null],
    ["schedule.startAt", schedule.startAt !== null],
    ["schedule.endAt", schedule.endAt !== null],
  ] as const;
  const found = asked.find(([, isAsked]) => isAsked);
  if (found === undefined) return;
  const [path] = found;
  throw new TributaryError("CONFIG_INVALID", `A simulation knows nothing of ${path}`, {
    remedy: "Leave it out: it is for a task that a server runs.",
    context: { path },
  });
}

/**
 * @param clients - The number of clients.
 * @throws TributaryError `CONFIG_INVALID` when rounds want more clients than there are.
 */
export function requireCohort({ round, evaluation }: TaskDefinition, clients: number): void {
  const goals = [
    ["round.goalCount", cohortSize(round)],
    ["evaluation.goalCount", evaluation.goalCount ?? 0],
  ] as const;
  for (const [path, cohort] of goals) {
    if (cohort <= clients) continue;
    throw new TributaryError(
      "CONFIG_INVALID",
      `A round takes ${cohort} clients (${path}), and the experiment has ${clients}`,
      { remedy: `Lower ${path}, or divide the data among more clients.`, context: { path } },
    );
  }
}

/**
 * @throws TributaryError `CONFIG_INVALID` when a client has fewer examples than the task wants, so that
 *   no server would let it take part.
 */
export function requireEligible({ eligibility }: TaskDefinition, partition: Partition): void {
  const { minimumExamples } = eligibility;
  for (let client = 0; client < clientCount(partition); client++) {
    const { length } = rowsOf(partition, client);
    if (length >= minimumExamples) continue;
    const path = "eligibility.minimumExamples";
    throw new TributaryError(
      "CONFIG_INVALID",
      `Client ${client} has ${length} examples, fewer than the ${minimumExamples} of ${path}`,
      {
        remedy: `Lower ${path}, or divide the data so that every client has enough.`,
        context: { path, client },
      },
    );
  }
}
