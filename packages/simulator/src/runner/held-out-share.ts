import { TributaryError, type TaskDefinition } from "@tributary/protocol";
import { clientCount, rowsOf, type Partition } from "../partition/partition.ts";

/** One example in so many is held out. */
const EVERY = 10;

/**
 * The share of its examples that each client of a run keeps for evaluation: none, unless the task
 * lets clients evaluate.
 */
export const heldOutShare = ({ evaluation }: TaskDefinition): number =>
  evaluation.everyRounds === null ? 0 : 1 / EVERY;

/**
 * @throws TributaryError `BAD_PARAMETER` when clients evaluate and one of them has too few examples to
 *   hold any out.
 */
export function requireHeldOut(task: TaskDefinition, partition: Partition): void {
  if (heldOutShare(task) === 0) return;
  for (let client = 0; client < clientCount(partition); client++) {
    const { length } = rowsOf(partition, client);
    if (length >= EVERY) continue;
    throw new TributaryError(
      "BAD_PARAMETER",
      `Client ${client} has ${length} examples, too few to hold one in ${EVERY} out for evaluation`,
      {
        remedy: `Give every client ${EVERY} examples or more, or leave evaluation.everyRounds out.`,
        context: { client },
      },
    );
  }
}
