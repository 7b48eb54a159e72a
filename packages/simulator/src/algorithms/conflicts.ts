import { TributaryError, leavesResidual } from "@tributary/protocol";
import type { Algorithm, Surroundings } from "./algorithm.ts";

/** What cannot train with a correction of each step. */
export function conflictOfCorrection({ engine }: Surroundings): string | undefined {
  return engine === "tfjs" ? "the engine tfjs, whose steps take no correction" : undefined;
}

/** What cannot train with control variates: they need the steps of plain gradient descent. */
export function conflictOfControl(run: Surroundings): string | undefined {
  const correction = conflictOfCorrection(run);
  if (correction !== undefined) return correction;
  const { optimizer } = run.task.plan;
  if (optimizer.name !== "sgd") return `plan.optimizer ${optimizer.name}`;
  return optimizer.momentum > 0 ? "plan.optimizer.momentum" : undefined;
}

/**
 * Checks that an algorithm can work with what a run asks for besides.
 * @param name - The algorithm's name, for the error.
 * @throws TributaryError `CONFIG_INVALID`, which names the algorithm and what it cannot work with.
 */
export function requireNoConflict(name: string, algorithm: Algorithm, run: Surroundings): void {
  const conflict = algorithm.conflict?.(run) ?? conflictOfSums(algorithm, run);
  if (conflict !== undefined) throw conflictError(`algorithm ${name}`, conflict);
}

/**
 * Checks that nothing is asked for that clients over sockets do not know.
 * @throws TributaryError `CONFIG_INVALID`
 */
export function requireOrdinaryClients({ algorithm, attack }: RunChoice): void {
  const name = algorithm?.name ?? "fedavg";
  if (name !== "fedavg") throw conflictError(`algorithm ${name}`, STRANGE);
  if (attack !== undefined) throw conflictError(`attack ${attack.name}`, STRANGE);
}

/** What a run has beyond a task. */
interface RunChoice {
  readonly algorithm?: { readonly name: string };
  readonly attack?: { readonly name: string };
}

const STRANGE = "fidelity wire, whose clients do not know it";

/** An algorithm that goes on computing with the sums needs those of whole updates. */
function conflictOfSums(algorithm: Algorithm, { task }: Surroundings): string | undefined {
  if (algorithm.combine === undefined) return undefined;
  const { aggregation, plan } = task;
  if (aggregation.rule !== "mean") return `aggregation.rule ${aggregation.rule}`;
  if (plan.clipNorm !== null) return "plan.clipNorm";
  if (!leavesResidual(plan.update)) return undefined;
  return `plan.update.codec ${plan.update.codec}, which keeps a residual`;
}

function conflictError(who: string, conflict: string): TributaryError {
  return new TributaryError("CONFIG_INVALID", `The ${who} cannot work with ${conflict}`, {
    remedy: "Change one of the two.",
  });
}
