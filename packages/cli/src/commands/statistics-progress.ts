import type { RoundPolicy } from "@tributary/core";
import type { TaskView } from "@tributary/server";
import { formatSeconds, type Output } from "../terminal/output.ts";

/** The rounds of a task that counts, and how long each may last. */
export interface CountingRounds extends Pick<
  RoundPolicy,
  "selectionTimeoutMs" | "reportingTimeoutMs"
> {
  readonly rounds: number;
}

/**
 * Makes the function that shows how far a task is that counts columns: how many of the clients that it
 * needs have come, then how many have counted, and how long the round goes on at most.
 */
export function showStatistics(
  output: Output,
  { rounds, selectionTimeoutMs, reportingTimeoutMs }: CountingRounds,
): (view: Pick<TaskView, "inFlight" | "lastRound">) => void {
  let ended: string | undefined;
  let begun: string | undefined;
  return ({ inFlight, lastRound }) => {
    if (lastRound !== null && lastRound.id !== ended) {
      ended = lastRound.id;
      const { number, outcome, reason, reported } = lastRound;
      output.say(
        outcome === "committed"
          ? `round ${number} of ${rounds}  ${reported} clients have counted`
          : `round ${number} of ${rounds} abandoned (${reason}), tried again`,
      );
    }
    if (inFlight === null) return;
    const { id, number, phase, elapsedMs, gathered, needed, reported, goal } = inFlight;
    const isGathering = phase === "selecting";
    const [whole, done] = isGathering
      ? [`${needed} clients to come`, `${gathered} of ${needed} clients have come`]
      : [`${goal} clients to count`, `${reported} of ${goal} clients have counted`];
    const lastsMs = selectionTimeoutMs + (isGathering ? 0 : reportingTimeoutMs);
    const left = formatSeconds(Math.max(0, lastsMs - elapsedMs));
    const stage = `${id} ${isGathering}`;
    if (stage !== begun) {
      output.say(`round ${number} of ${rounds}  waits for ${whole}, at most ${left}`);
    }
    begun = stage;
    output.redraw(`round ${number} of ${rounds}  ${done}, at most ${left} left`);
  };
}
