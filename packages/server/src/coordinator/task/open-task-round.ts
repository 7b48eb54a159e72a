import { closesAtMs, openCollection } from "@tributary/core";
import { opaqueId, type RoundId, type RoundPurpose } from "@tributary/protocol";
import { RunningRound, type RunningRoundDeps } from "../round/running-round.ts";
import { claimMember } from "./claim-member.ts";
import type { RoundOwner } from "./round-owner.ts";

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
      seatEnded: (participant, use) => population.seatEnded(participant, use),
      started: () => standing.times.begin(clock.elapsedMs()),
      // Clients that were kept for this task are free again.
      gatheringEased: () => population.reconsider(recruiter),
    },
    deps,
  );
}
