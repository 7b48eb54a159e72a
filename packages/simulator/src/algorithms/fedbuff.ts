import type { z } from "zod";
import { strictRecord, wholeNumber } from "@tributary/protocol/schemas";
import { nameKey } from "../options/option-keys.ts";
import type { Algorithm, Surroundings } from "./algorithm.ts";
import { scaled } from "./vectors.ts";

export const fedBuffOptions = strictRecord({
  name: nameKey(
    "fedbuff",
    "Nobody waits for a round: so many clients train at all times, each from the model that was newest when it began, and the server steps whenever `round.goalCount` reports have come.",
  ),
  concurrency: wholeNumber(1, 1_000_000)
    .default(20)
    .describe("How many clients train at the same time."),
});

/**
 * An update counts (1 + s)^(−1/2), where s is its staleness: the number of steps that the server has
 * made since the client began. The server moves by the sum of a buffer of K such updates, divided by K.
 * @see arXiv:2106.06639, Algorithm 1; s(t) as in its section 5
 */
export function fedBuff({ concurrency }: z.output<typeof fedBuffOptions>): Algorithm {
  return {
    concurrency,
    weighting: "uniform",
    conflict,
    async train({ train, staleness }) {
      const trained = await train();
      return { ...trained, update: scaled(trained.update, (1 + staleness) ** -0.5) };
    },
  };
}

function conflict({ task }: Surroundings): string | undefined {
  if (task.evaluation.everyRounds !== null) return "evaluation.everyRounds, which needs rounds";
  if (task.plan.download.encoding === "difference") return "plan.download.encoding difference";
  return undefined;
}
