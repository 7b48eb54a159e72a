import { closesAtMs, openCollection, type CollectionDeps, type RoundPolicy } from "@tributary/core";
import { opaqueId, type RoundId, type RoundPurpose } from "@tributary/protocol";
import type { TaskRecord } from "../../storage/round-store.ts";
import type { ModelSealer } from "../model/model-sealer.ts";
import type { Population } from "../population/population.ts";
import { RunningRound, type RunningRoundDeps } from "../round/running-round.ts";
import { claimMember } from "./claim-member.ts";
import type { TaskRecruiter } from "./task-recruiter.ts";
import type { TaskStanding } from "./task-standing.ts";

/** The task that a round is opened for. */
export interface RoundOwner {
  readonly task: TaskRecord;
  readonly standing: TaskStanding;
  readonly sealer: ModelSealer;
  readonly population: Population;
  readonly recruiter: TaskRecruiter;
  readonly policies: Readonly<Record<RoundPurpose, RoundPolicy>>;
  readonly collecting: CollectionDeps;
}

/** Makes a round of a task. It has no cohort yet, and nobody has been told of it. */
export function openTaskRound(
  purpose: RoundPurpose,
  { task, standing, sealer, population, recruiter, policies, collecting }: RoundOwner,
  deps: RunningRoundDeps,
): RunningRound {
  const { clock, random } = deps;
  const collection = openCollection(purpose, collecting);
  const version = purpose === "evaluation" ? standing.evaluated : standing.version;
  return new RunningRound(
    {
      id: opaqueId("rnd", random.bytes(16)) as RoundId,
      taskId: task.id,
      taskName: task.name,
      number: version.roundNumber + (collection.makesCheckpoint ? 1 : 0),
      version,
      policy: policies[purpose],
      closesAtMs: closesAtMs(task.definition.schedule, clock.now()),
    },
    collection,
    {
      seal: (each) => sealer.seal(each),
      claim: (session) =>
        claimMember(session, collection, {
          population,
          recruiter,
          participation: standing.participation,
          moment: standing.moment(clock.now()),
        }),
      sendAway: (participant, atLeastMs) => population.sendAway(participant, atLeastMs),
      started: () => standing.times.begin(clock.now()),
      // Clients that were kept for this task are free again.
      gatheringEased: () => population.reconsider(recruiter),
    },
    deps,
  );
}
