import type { SimulatedRound } from "../../runner/simulated-round.ts";

/** What all rounds of a run have cost so far. */
export interface Spent {
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly deviceSeconds: number;
  readonly wastedSeconds: number;
  /** Seconds on this machine. */
  readonly seconds: number;
}

export const NOTHING_SPENT: Spent = {
  ...{ bytesUp: 0, bytesDown: 0, deviceSeconds: 0, wastedSeconds: 0, seconds: 0 },
};

/** What has been spent once a round has ended as well. */
export function spentWith(spent: Spent, round: SimulatedRound): Spent {
  return {
    bytesUp: spent.bytesUp + round.bytesUp,
    bytesDown: spent.bytesDown + round.bytesDown,
    deviceSeconds: spent.deviceSeconds + round.deviceSeconds,
    wastedSeconds: spent.wastedSeconds + round.wastedSeconds,
    seconds: spent.seconds + round.seconds,
  };
}

/** The figures of a round by the tag under which TensorBoard shows them; a slash makes a group. */
export function scalarsOf(round: SimulatedRound, spent: Spent): Readonly<Record<string, number>> {
  if (round.outcome === "abandoned") return {};
  if (round.kind !== "training") {
    const byClient = Object.entries(round.byClient ?? {}).flatMap(([measure, figures]) =>
      Object.entries(under(`by client: ${measure}`, { ...figures })),
    );
    return { ...under("clients in evaluation", round.metrics), ...Object.fromEntries(byClient) };
  }
  return {
    ...under("score", round.score ?? {}),
    ...under("clients in training", round.metrics),
    ...under("round", {
      reported: round.reported,
      examples: round.exampleCount,
      "virtual seconds": round.roundTimeMs / 1000,
      seconds: round.seconds,
      ...(round.staleness === undefined ? {} : { staleness: round.staleness }),
    }),
    ...under("spent so far", {
      "megabytes up": spent.bytesUp / 1e6,
      "megabytes down": spent.bytesDown / 1e6,
      "device hours": spent.deviceSeconds / 3600,
      "wasted device hours": spent.wastedSeconds / 3600,
      "virtual hours": round.endedAtMs / 3_600_000,
    }),
  };
}

const under = (group: string, values: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`${group}/${name}`, value]));
