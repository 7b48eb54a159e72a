import { formatBytes, formatPercent, formatSeconds, shortId } from "./format.ts";
import type { PageEvent } from "./page-event.ts";

/** One line of the event log. */
export interface LogLine {
  readonly atMs: number;
  readonly tone: "plain" | "good" | "bad";
  readonly text: string;
}

/** What an event reads like; `undefined` for those that come too often to be written down. */
export function logLine(event: PageEvent, atMs: number): LogLine | undefined {
  const plain = (text: string): LogLine => ({ atMs, tone: "plain", text });
  const good = (text: string): LogLine => ({ atMs, tone: "good", text });
  const bad = (text: string): LogLine => ({ atMs, tone: "bad", text });
  switch (event.type) {
    case "joining":
    case "training":
    case "reporting":
      return undefined;
    case "prepared":
      return plain(`Drew ${event.exampleCount} digits`);
    case "connecting":
      return event.attempt === 1 ? undefined : plain(`Connecting again, attempt ${event.attempt}`);
    case "connected":
      return good("Connected: the server proved that it holds the pinned key");
    case "checked-in":
      return plain(`Checked in with ${event.exampleCount} digits, waiting for a round`);
    case "rejected":
      return plain(`Not needed now: ${event.message} (${event.code})`);
    case "selected":
      return plain(`Selected for round ${event.roundNumber} of ${event.task}`);
    case "downloaded":
      return plain(
        event.cached
          ? "Plan and model verified; both were here already"
          : `Plan and model verified; ${formatBytes(event.bytes)} came`,
      );
    case "engine-chosen":
      return plain(`Trains with ${event.engine} on ${event.backend}: ${event.reason}`);
    case "trained":
      return plain(
        `Trained ${event.steps} steps in ${formatSeconds(event.seconds)}${metricsText(event.metrics)}`,
      );
    case "evaluated":
      return plain(`Measured on ${event.exampleCount} digits${metricsText(event.metrics)}`);
    case "reported":
      return good(`The report counts; ${formatBytes(event.bytesUp)} went up`);
    case "report-refused":
      return bad(`The report was refused: ${event.message} (${event.code})`);
    case "round-finished":
      return finishedLine(event, good, bad);
    case "scored": {
      const { roundNumber, accuracy } = event.model;
      return plain(
        `Model of round ${roundNumber}: ${formatPercent(accuracy)} of strangers’ digits right`,
      );
    }
    case "withdrawn":
    case "disconnected":
    case "failed":
      return bad(`${event.error.message} (${event.error.code})`);
    case "left":
      return plain("Left");
  }
}

function finishedLine(
  event: Extract<PageEvent, { type: "round-finished" }>,
  good: (text: string) => LogLine,
  bad: (text: string) => LogLine,
): LogLine {
  const { outcome, roundNumber, taskFinished } = event;
  const end = taskFinished ? "; the task is finished" : "";
  return outcome.type === "committed"
    ? good(`Round ${roundNumber} committed as ${shortId(outcome.checkpoint)}${end}`)
    : bad(`Round ${roundNumber} was abandoned: ${outcome.reason}${end}`);
}

function metricsText({ loss, accuracy }: Readonly<Record<string, number>>): string {
  const parts = [
    loss === undefined ? [] : [`loss ${loss.toFixed(3)}`],
    accuracy === undefined ? [] : [`accuracy ${formatPercent(accuracy)}`],
  ].flat();
  return parts.length === 0 ? "" : `: ${parts.join(", ")}`;
}
