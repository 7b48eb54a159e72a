import {
  localAdders,
  serverOptimizer,
  type CollectionDeps,
  type OpenAdder,
  type RoundPolicy,
} from "@tributary/core";
import {
  evaluationRoundOf,
  roundOf,
  type Clock,
  type CryptoProvider,
  type RoundPurpose,
} from "@tributary/protocol";
import type { TaskRecord } from "../../storage/round-store.ts";
import type { ModelSealer } from "../model/model-sealer.ts";
import type { Population } from "../population/population.ts";
import type { TaskActivity } from "./task-activity.ts";
import { TaskRecruiter } from "./task-recruiter.ts";
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

/** What all rounds of a server have in common. */
export interface RoundOwnerDeps {
  readonly clock: Clock;
  readonly crypto: CryptoProvider;
  /** Opens what adds up the reports of a round; reports are added in this thread if left out. */
  readonly openAdder?: OpenAdder;
  /** The fewest reports with which any round commits; ≥ 1. */
  readonly minimumCohort: number;
}

/**
 * Puts together what the rounds of a task need of it.
 * @param activity - Tells what the task is doing now.
 */
export function roundOwner(
  parts: Pick<RoundOwner, "task" | "standing" | "sealer" | "population">,
  activity: () => TaskActivity,
  { clock, crypto, openAdder = localAdders(crypto), minimumCohort }: RoundOwnerDeps,
): RoundOwner {
  const { task, standing, sealer, population } = parts;
  const { definition } = task;
  const { terms } = sealer;
  const training = roundOf(definition, minimumCohort);
  return {
    ...parts,
    recruiter: new TaskRecruiter({
      task,
      terms,
      planId: sealer.planId,
      planFeatures: sealer.planFeatures,
      standing,
      trainingPolicy: training,
      clock,
      activity,
      population,
    }),
    policies: {
      training,
      evaluation: { ...evaluationRoundOf(definition, minimumCohort), isOptional: true },
    },
    collecting: {
      terms,
      openAdder,
      optimizer: serverOptimizer(definition.serverOptimizer),
      weighting: definition,
    },
  };
}
