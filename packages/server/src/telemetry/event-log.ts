import { totalOf, type RoundFates } from "@tributary/core";
import type { Logger } from "../runtime/logger.ts";
import type { ServerEvent } from "./server-event.ts";

/**
 * Returns a listener that writes the events an operator wants to read about to the log: changes of
 * tasks, and the ends of rounds.
 */
export function logEvents(logger: Logger): (event: ServerEvent) => void {
  return (event) => {
    switch (event.type) {
      case "task-state":
        logTask(event, logger);
        return;
      case "round-ended": {
        const { round } = event;
        const { id, taskId: task, kind, number, outcome, reason, fates } = round;
        logger.info("round ended", {
          round: id,
          task,
          kind,
          number,
          outcome,
          reason,
          durationMs: round.endedAtMs - round.startedAtMs,
          selected: round.selected,
          reported: fates.reported,
          refused: totalOf(fates.refused),
          withdrew: totalOf(fates.withdrew),
          left: totalOf(fates.left),
          unfinished: totalOf(fates.unfinished),
          reasons: reasonsOf(fates),
        });
        return;
      }
      default:
    }
  };
}

function logTask(
  { taskId: task, state, reason }: Extract<ServerEvent, { type: "task-state" }>,
  logger: Logger,
): void {
  if (state === "paused" && reason !== null) {
    logger.warn("task refused by all clients", { task, state, reason });
  } else {
    logger.info("task changed", { task, state, ...(reason === null ? {} : { reason }) });
  }
}

/** Counts the members without a report, such as `{ "withdrew PLAN_REFUSED": 2 }`. */
function reasonsOf({ refused, withdrew, left, unfinished }: RoundFates): Record<string, number> {
  const counts = Object.entries({ refused, withdrew, left, unfinished });
  return Object.fromEntries(
    counts.flatMap(([fate, reasons]) =>
      Object.entries(reasons).map(([reason, count]) => [`${fate} ${reason}`, count]),
    ),
  );
}
