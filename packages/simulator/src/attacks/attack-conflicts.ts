import { TributaryError, type TaskDefinition } from "@tributary/protocol";
import type { Algorithm } from "../algorithms/algorithm.ts";
import type { AttackOptions } from "./attack-options.ts";
import { createAttack } from "./create-attack.ts";

/** What an attack has to work with. */
export interface AttackedRun {
  readonly task: TaskDefinition;
  readonly algorithm: Algorithm;
  /** The algorithm's name. */
  readonly name: string;
}

/**
 * Checks that an attack can work with what a run asks for besides.
 * @throws TributaryError `CONFIG_INVALID`, which names the attack and what it cannot work with.
 */
export function requireAttackFits(
  options: AttackOptions,
  { task, algorithm, name }: AttackedRun,
): void {
  const isOfRounds = algorithm.concurrency === undefined;
  if (isOfRounds && createAttack(options).colludes !== true) return;
  // Attackers of a round train for each other, and what a client keeps is not theirs.
  const conflict =
    algorithm.train !== undefined
      ? `the algorithm ${name}`
      : task.plan.batchNormalization === "local" && "plan.batchNormalization local";
  if (conflict === false) return;
  throw new TributaryError(
    "CONFIG_INVALID",
    `The attack ${options.name} cannot work with ${conflict}`,
    { remedy: "Change one of the two." },
  );
}
