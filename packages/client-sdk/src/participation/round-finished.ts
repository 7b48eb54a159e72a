import type { ServerMessage } from "@tributary/protocol";
import type { Configuration } from "./local-work.ts";
import type { ParticipationEvent } from "./participation-event.ts";

type RoundFinished = Extract<ParticipationEvent, { type: "round-finished" }>;

/**
 * What the app is told of the end of a round.
 * @param counted - Whether the server accepted this client's report.
 */
export function roundFinished(
  { roundId, purpose, roundNumber, taskName: task }: Configuration,
  { outcome, taskFinished, score }: Extract<ServerMessage, { type: "roundOutcome" }>,
  counted: boolean,
): RoundFinished {
  return {
    ...{ type: "round-finished", roundId, purpose, roundNumber, task, counted },
    outcome:
      "committed" in outcome
        ? { type: "committed", checkpoint: outcome.committed.id }
        : { type: "abandoned", reason: outcome.abandoned },
    taskFinished,
    ...(score === undefined
      ? {}
      : {
          score: {
            roundNumber: score.roundNumber,
            metrics: Object.fromEntries(score.metrics.map(({ name, value }) => [name, value])),
          },
        }),
  };
}
